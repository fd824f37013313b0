"""What a stage depends on, its hash, and what differs between two cases."""

from __future__ import annotations

import json
from pathlib import Path

from lsmcal.case.sections.model import TRIAL_LIMIT
from lsmcal.core.differences import flatten
from lsmcal.core.digest import digest_of_file, digest_of_text
from lsmcal.core.errors import Problems
from lsmcal.noah.parameters.options import LATER
from lsmcal.noah.parameters.tables import GENERAL_TABLES, SOIL_TABLES, VEGETATION_TABLES
from lsmcal.noah.source import numbers_hash

_COLUMN = ("site", "grid", "model", "parameters", "forcing", "initial", "spinup")
#: Sections each stage depends on.
STAGES = {
    "forcing": ("site", "forcing", "run", "spinup"),
    "run": (*_COLUMN, "run"),
    "calibrate": (*_COLUMN, "run", "observations", "calibrate"),
    "report": (*_COLUMN, "run", "observations", "calibrate", "report", "case"),
}
#: Keys that change no number of any stage, or only how far a stage goes.
_IRRELEVANT = {"case.output", "run.threads"}
_IRRELEVANT_FOR = {
    "forcing": {"run.output", "spinup.method", "spinup.cycles"},
    "run": {"model.leak_limit"},
    "calibrate": {"run.output", "calibrate.evaluations", "calibrate.patience", "calibrate.members"},
}
_PLACE = {"site.latitude", "site.longitude", "site.elevation"}
_PACKAGED = {"soil": SOIL_TABLES, "vegetation": VEGETATION_TABLES, "general": GENERAL_TABLES}


def relevant(case, stage: str) -> dict[str, object]:
    """The keys that a stage depends on, dotted, with the content of the files they name and of the model as hashes.

    Parameters
    ----------
    case : Case
    stage : {"forcing", "run", "calibrate", "report"}

    Returns
    -------
    dict of str to plain value
        Without name, description, output folder, threads, and what only says how far a search goes.

    Raises
    ------
    KeyError
        For another stage.
    """
    content = {name: table for name, table in case.resolved().items() if name in STAGES[stage]}
    without = _IRRELEVANT | _IRRELEVANT_FOR.get(stage, set())
    before = [*((f"model.{name}", value) for name, value in LATER.items()), ("model.leak_limit", TRIAL_LIMIT)]
    flat = flatten(content)
    flat = {key: value for key, value in flat.items() if key not in without and (key, value) not in before}
    if stage == "forcing":
        flat = {k: v for k, v in flat.items() if not k.startswith(("site.", "spinup.tol", "spinup.m")) or k in _PLACE}
    found = {key: _without_folder(key, value) for key, value in flat.items()} | _file_hashes(case, stage)
    return found if stage == "forcing" else found | {"source of the model": numbers_hash()}


def fingerprint(case, stage: str) -> str:
    """sha256, in hex, of :func:`relevant`: equal for cases that give a stage the same input."""
    text = json.dumps(relevant(case, stage), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return digest_of_text(text)


def _without_folder(key: str, value: object) -> object:
    """Files count by content, not by the folder they lie in."""
    return Path(value).name if key.endswith(".file") and isinstance(value, str) else value


def _file_hashes(case, stage: str) -> dict[str, str]:
    """sha256 of every file the stage reads; ``missing`` for one that is not there."""
    named = {"forcing.file": case.forcing.file if case.forcing.format != "generator" else ""}
    if stage != "forcing":
        named["initial.file"] = case.initial.file
        names = case.table_names()
        named |= {f"model.{kind}_table": name for kind, name in names.items() if name not in _PACKAGED[kind]}
    if stage in ("calibrate", "report"):
        named["observations.file"] = case.observations.file if case.observations else ""
        named["calibrate.screening"] = case.calibrate.screening
    found = {key: case.find(name, key, Problems()) for key, name in named.items() if name}
    return {f"{key}.sha256": "missing" if path is None else digest_of_file(path) for key, path in found.items()}
