"""Commented cases to start from."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from lsmcal.core.errors import Problems

TEMPLATES = ("site", "generator")


def template_text(name: str) -> str:
    """A commented case.

    Parameters
    ----------
    name : {"site", "generator"}
        For measurements of one's own, or with generated weather and a twin's observations.
    """
    parts = resources.files("lsmcal.case.templates")
    head = parts.joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return head.rstrip("\n") + "\n\n" + parts.joinpath("common.toml").read_text(encoding="utf-8")


def write_template(path: Path, name: str) -> Path:
    """Write a commented case to a new file, or as ``case.toml`` into a folder.

    Parameters
    ----------
    path : Path
        A folder, which is made, or a name that ends in ``.toml``.
    name : {"site", "generator"}

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When the file is there already.
    """
    file = path if path.suffix == ".toml" else path / "case.toml"
    problems = Problems()
    if file.exists():
        problems.add("exists already and is left alone", source=file, expected="a new name")
    elif any(part.is_file() for part in file.parents):
        problems.add("is not a folder", source=next(part for part in file.parents if part.is_file()))
    problems.raise_if_any()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(template_text(name), encoding="utf-8")
    return file
