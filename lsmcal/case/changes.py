"""What differs between the fingerprints of two searches, in the words of the case file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from lsmcal.core.words import counted
from lsmcal.noah.parameters.options import LATER

#: A key of a fingerprint with its earlier and its present value; None where it was not given.
Change = tuple[str, object, object]

#: Keys of a fingerprint that the case file calls by another name.
_CALLED = {
    "case.combine": "calibrate.combine",
    "case.evaluation.source of the model": "the model's source code",
    "case.source of the model": "the model's source code",
    "case.evaluation.tables": "the parameter tables of [model]",
    "case.evaluation.domain": "the cells of [region] and their maps",
    "case.evaluation.cells": "the cells that are simulated ([target], calibrate.cells, reach, every, hold_out)",
    "case.evaluation.run.first": "run.years",
    "case.evaluation.years": "the years of calibrate.goals",
    "case.evaluation.daily": "the sites of calibrate.goals",
    "case.evaluation.days": "the periods of calibrate.goals",
    "case.evaluation.start": "the start of a trial",
    "case.evaluation.spinup.version": "lsmcal's method of spin-up",
    "engine.name": "calibrate.engine",
    "engine.seed": "calibrate.seed",
    "engine.batch": "calibrate.batch",
    "engine.levels": "calibrate.threshold",
    "objective.name": "calibrate.objective",
    "lsmcal": "the version of lsmcal",
}
#: Beginnings of keys that the case file calls by another name; the first that fits.
_BEGINNINGS = (
    ("case.evaluation.start.weather.", "forcing."),
    ("case.evaluation.start.", ""),
    ("case.evaluation.spinup.", "calibrate.spinup."),
    ("case.evaluation.weather.", "forcing."),
    ("case.evaluation.", ""),
    ("case.", ""),
    ("engine.", "calibrate.engine_options."),
)
#: Sections whose change brings other defaults, and so other ranges, with it.
_GROUND = ("site.", "grid.", "model.", "parameters.", "region.", "the cells of", "the parameter tables")
#: Beginnings of keys that have lines of their own.
_ELSEWHERE = ("space.", "goals.", "case.goal ")
#: Lines of one section that are shown with their values.
_MOST_LINES = 4
_HASH = re.compile(r"[0-9a-f]{16,64}")
_LONGEST = 70


def changes_in_words(changes: Iterable[Change]) -> list[str]:
    """Lines such as ``calibrate.engine: "random", was "cmaes"``; what follows from another change is left out.

    Parameters
    ----------
    changes : iterable of Change
        As :func:`lsmcal.search.history.fingerprint_changes` finds them.
    """
    changes = list(changes)
    keys = {key for key, _, _ in changes}
    named = [change for change in changes if not change[0].startswith(_ELSEWHERE) and not _follows(change, keys)]
    found: dict[str, str] = {}
    for key, before, now in named:
        name = _name(key)
        found.setdefault(name, _line(name, _as_before(name, before), _as_before(name, now)))
    return [*_grouped(found), *_goals(changes, keys), *_space(changes, found)]


def _as_before(name: str, value: object) -> object:
    """What an option of the model that came later stands for where it is not given."""
    return LATER.get(name.removeprefix("model."), None) if value is None else value


def _grouped(found: Mapping[str, str]) -> list[str]:
    """The lines; many of one section are one."""
    sections: dict[str, list[str]] = {}
    for name in found:
        section = name.partition(".")[0]
        sections.setdefault(section if " " not in section else name, []).append(name)
    lines = []
    for section, names in sections.items():
        keys = ", ".join(name.removeprefix(f"{section}.") for name in names)
        grouped = [f"[{section}], {counted(len(names), 'key')}: {keys}"]
        lines += grouped if len(names) > _MOST_LINES else [found[name] for name in names]
    return lines


def _name(key: str) -> str:
    """What the case file calls a key of a fingerprint."""
    if key in _CALLED:
        return _CALLED[key]
    if key.startswith("case.evaluation.start.") and (plain := key.replace(".start.", ".", 1)) in _CALLED:
        return _CALLED[plain]
    beginning, new = next(((old, new) for old, new in _BEGINNINGS if key.startswith(old)), ("", ""))
    name = new + key.removeprefix(beginning)
    return f"the content of {name.removesuffix('.sha256')}" if name.endswith(".sha256") else name


def _follows(change: Change, keys: set[str]) -> bool:
    """Whether a change comes with another that is named."""
    key = change[0]
    if key == "objective.direction":
        return True
    if key.startswith("case.model."):
        return key != "case.model.preset" and "case.model.preset" in keys
    if key.startswith("case.evaluation.spinup."):  # [spinup] gives [calibrate.spinup] its defaults
        return key.replace("evaluation.spinup.", "evaluation.start.spinup.") in keys
    if "case.evaluation.domain" in keys:
        weather = "weather." in key and _is_hashed(change)
        return weather or key in ("case.evaluation.daily", "case.evaluation.cells")
    if key.startswith("engine.") and key not in _CALLED:  # each engine has its own; some depend on the dimensions
        return "engine.name" in keys or any(other.startswith("space.") and other.endswith(".name") for other in keys)
    return False


def _goals(changes: list[Change], keys: set[str]) -> list[str]:
    """A line for each goal that is another, with what of it; other cells of a map are named already."""
    parts: dict[str, dict[str, Change]] = {}
    for change in changes:
        fits = re.fullmatch(r"(?:case\.goal |goals\.)(.*)\.(\w+)", change[0])
        if fits:
            parts.setdefault(fits[1], {})[fits[2]] = change
    lines = []
    for goal, fields in parts.items():
        if "kind" in fields and None in fields["kind"]:
            lines.append(f'calibrate.goals: "{goal}" is {"new" if fields["kind"][1] is None else "missing"}')
            continue
        known = ("cells", "count", "target") if "case.evaluation.cells" in keys else ()
        texts = [_line(name, *change[1:]) for name, change in fields.items() if name not in known]
        lines += [f'calibrate.goals, "{goal}": {"; ".join(texts)}'] * bool(texts)
    return lines


def _space(changes: list[Change], others: Mapping[str, str]) -> list[str]:
    """Lines for the parameters that are varied, unless another key that is named decides them."""
    if any(name.startswith(("calibrate.parameters", "calibrate.screening", "calibrate.threshold")) for name in others):
        return []
    limits: dict[str, dict[str, tuple[object, object]]] = {}
    for key, before, now in changes:
        fits = re.fullmatch(r"space\.(.*)\.(low|high|default|name)", key)
        if fits:
            limits.setdefault(fits[1], {})[fits[2]] = before, now
    new = [name for name, of in limits.items() if of.get("name", ("", ""))[0] is None]
    gone = [name for name, of in limits.items() if of.get("name", ("", ""))[1] is None]
    lines = []
    if new or gone:
        which = [f"with {', '.join(new)}"] * bool(new) + [f"without {', '.join(gone)}"] * bool(gone)
        lines.append(f"calibrate.parameters (or threshold): now {' and '.join(which)}")
    if any(name.startswith(("calibrate.ranges", *_GROUND)) for name in others):
        return lines
    for name, of in limits.items():
        if name not in (*new, *gone):
            texts = [f"{limit} {_plain(now)}, was {_plain(before)}" for limit, (before, now) in of.items()]
            lines.append(f"calibrate.ranges of {name}: {'; '.join(texts)}")
    return lines


def _is_hashed(change: Change) -> bool:
    """Whether the values say nothing to a reader."""
    return all(isinstance(value, str) and _HASH.fullmatch(value) for value in change[1:])


def _line(name: str, before: object, now: object) -> str:
    if _is_hashed((name, before, now)):
        return f"{name}: changed"
    return f"{name}: {_plain(now)}, was {_plain(before)}"


def _plain(value: object) -> str:
    if value is None:
        return "not given"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."
