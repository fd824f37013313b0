"""Commented cases to start from, and a job script for a cluster."""

from __future__ import annotations

import shlex
import sys
from importlib import resources
from pathlib import Path

from lsmcal.core.errors import Problems
from lsmcal.core.files import write_text

_REGION = ("region-run.toml", "region-files.toml", "model.toml")
#: Template to the parts that its case is put together from.
PARTS = {
    "site": ("site.toml", "site-search.toml", "model.toml"),
    "generator": ("generator.toml", "site-search.toml", "model.toml"),
    "region": ("region.toml", *_REGION),
    "map-calibration": ("map-calibration.toml", "map-search.toml", *_REGION),
    "cluster": ("cluster.toml", "map-search.toml", *_REGION),
}
TEMPLATES = tuple(PARTS)
#: Name of the job script that the template "cluster" has beside its case.
JOB = "job.sh"


def template_text(name: str) -> str:
    """A commented case.

    Parameters
    ----------
    name : {"site", "generator", "region", "map-calibration", "cluster"}
        A site with measurements of one's own, or with generated weather and a twin's observations; a region; a region
        calibrated on a map; the same for a cluster.
    """
    parts = [_part(part).strip("\n") for part in PARTS[name]]
    # the keys of a section that the first part leaves open follow at once
    text = parts[0]
    for part in parts[1:]:
        text += "\n" if part.startswith("# ") and not part.startswith("# -") else "\n\n"
        text += part
    return text + "\n"


def job_text(case: str = ".", activate: str = "") -> str:
    """A Slurm job script for a case, with all it needs in one file.

    Parameters
    ----------
    case : str
        Case file, or its folder, as seen from where the job is submitted.
    activate : str
        File that makes ``lsmcal`` known to the shell; empty: it is known.
    """
    common = _part("job-common.sh")
    common = common.partition("\n")[2].strip("\n")  # its first line tells shellcheck what shell it is for
    text = _part(JOB).replace("@case@", shlex.quote(case)).replace("@activate@", shlex.quote(activate))
    return text.replace("@common@", common)


def write_template(path: Path, name: str) -> list[Path]:
    """Write a commented case to a new file, or as ``case.toml`` into a folder; for a cluster a job script beside it.

    Parameters
    ----------
    path : Path
        A folder, which is made, or a name that ends in ``.toml``.
    name : str
        As :func:`template_text` takes it.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        When one of them is there already.
    OSError
        When one cannot be written; it is not there then.
    """
    file = path if path.suffix == ".toml" else path / "case.toml"
    texts = {file: template_text(name)}
    if name == "cluster":
        texts[file.with_name(JOB)] = job_text("." if file.name == "case.toml" else file.name, _activate())
    problems = Problems()
    for new in texts:
        if new.exists():
            problems.add("already exists and is not overwritten", source=new, expected="a new name")
        elif any(part.is_file() for part in new.parents):
            problems.add("is not a folder", source=next(part for part in new.parents if part.is_file()))
    problems.raise_if_any()
    file.parent.mkdir(parents=True, exist_ok=True)
    for new, text in texts.items():
        write_text(new, text)
    return list(texts)


def _activate() -> str:
    """What makes the command known that writes this; empty where no environment does."""
    script = Path(sys.prefix) / "bin" / "activate"
    return str(script) if script.is_file() else ""


def _part(name: str) -> str:
    return resources.files("lsmcal.case.templates").joinpath(name).read_text(encoding="utf-8")
