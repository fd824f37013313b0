"""Reading a case: the TOML file, a parameter set, overrides; every problem in one message."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lsmcal.case.checks.kinds import CHECKS
from lsmcal.case.checks.parameters import complain_of_parameters
from lsmcal.case.checks.partial import Partial, check_sections
from lsmcal.case.core import Case
from lsmcal.case.messages import Complaints, explain, unknown_section
from lsmcal.case.plain import LARGEST_CASE, parsed_toml, unusable
from lsmcal.case.sections.kinds import OPTIONAL, kind_of, required, sections_of
from lsmcal.case.types import Section, names_of
from lsmcal.core.errors import InputError, Problems
from lsmcal.core.text import read_text_file, why_no_file
from lsmcal.parameters.table import ParameterSet

#: Where the user's data lie if ``--data`` does not say.
DATA_VARIABLE = "LSMCAL_DATA"


def load_case(
    path: str | os.PathLike,
    overrides: Iterable[str] = (),
    parameters: str | os.PathLike | None = None,
    data: str | os.PathLike | None = None,
) -> Case:
    """Read and check a case file.

    Parameters
    ----------
    path : path
        The TOML file, or a folder that holds ``case.toml``.
    overrides : iterable of str
        ``section.key=value``, later ones win; the value is TOML, or a text if it is not.
    parameters : path, optional
        A parameter set that is laid over [parameters].
    data : path, optional
        Folder of the user's data, looked in first.

    Returns
    -------
    Case

    Raises
    ------
    InputError
        With every problem that shows without opening other files.
    """
    case, problems = read_case(path, overrides, parameters, data)
    problems.raise_if_any()
    return case


def read_case(
    path: str | os.PathLike,
    overrides: Iterable[str] = (),
    parameters: str | os.PathLike | None = None,
    data: str | os.PathLike | None = None,
) -> tuple[Case, Problems]:
    """As :func:`load_case`, but with what is wrong beside a case that may be partial.

    Faulty sections are :class:`~lsmcal.case.checks.partial.Partial`, so that files can still be checked as far as what
    names them is sound. Only a file that cannot be read at all raises.
    """
    file = Path(path) / "case.toml" if Path(path).is_dir() else Path(path)
    content, text = _read(file)
    overridden: dict[str, str] = {}
    problems, overrides = Problems(), list(overrides)
    if parameters is not None:
        _lay_parameters(content, Path(parameters), overridden, problems)
    for override in overrides:
        _override(content, override, overridden, problems)
    if data is not None and not Path(data).expanduser().is_dir():
        problems.add("no such folder", source="--data", value=data)
    unusable(content, str(file)).raise_if_any()
    complaints = Complaints(str(file), text, overridden, sections_of(content))
    options = [] if parameters is None else ["--parameters", str(parameters)]
    options += [word for override in overrides for word in ("--set", override)]
    case = _assembled(content, file, data, complaints, options)
    problems.extend(complaints.problems)
    return case, problems


def case_of(content: Mapping[str, Any], folder: str | os.PathLike = ".", data: str | os.PathLike | None = None) -> Case:
    """A case from a mapping of sections, as a notebook has it; ``folder`` is where its files lie."""
    unusable(content, "case").raise_if_any()
    complaints = Complaints("case", sections=sections_of(content))
    case = _assembled(content, Path(folder) / "case.toml", data, complaints)
    complaints.problems.raise_if_any()
    return case


def _assembled(
    content: Mapping[str, Any], file: Path, data, complaints: Complaints, options: Iterable[str] = ()
) -> Case:
    sections = _validated(content, complaints)
    check_sections(sections, complaints, CHECKS[kind_of(content)])
    given = _parameters(content, complaints) or ParameterSet()
    return Case(file, given, **_fields(sections), data=_data_folders(data), options=tuple(options))


def _fields(sections: Mapping[str, object]) -> dict[str, Any]:
    """[case] is ``about`` in Python. Any: a Partial stands in for a section of any kind."""
    return {"about" if name == "case" else name: section for name, section in sections.items()}


def _read(file: Path) -> tuple[dict[str, Any], str]:
    problems = Problems()
    text = read_text_file(file, problems, "a case file; lsmcal init writes a template", LARGEST_CASE)
    try:
        if text is not None:
            return parsed_toml(text), text
    except ValueError as error:
        problems.add(f"is not valid TOML: {error}", source=file)
    raise InputError(problems.found)


def _data_folders(data: str | os.PathLike | None) -> tuple[Path, ...]:
    named = [data, os.environ.get(DATA_VARIABLE)]
    return tuple(Path(folder).expanduser() for folder in named if folder)


def _lay_parameters(content: dict, file: Path, overridden: dict[str, str], problems: Problems) -> None:
    if reason := why_no_file(file):
        problems.add(reason, source="--parameters", value=file, expected="a parameter set such as best.json")
        return
    try:
        read = ParameterSet.read(file)
    except InputError as error:
        problems.extend(error)
        return
    table = content.setdefault("parameters", {})
    if isinstance(table, dict):
        table.update(read)
        overridden.update({f"parameters.{name}": f"--parameters {file}" for name in read})


def _override(content: dict, override: str, overridden: dict[str, str], problems: Problems) -> None:
    key, equals, text = override.partition("=")
    path = [part.strip().strip("\"'") for part in key.split(".")]
    if not equals or len(path) < 2 or not all(path):
        problems.add("is not KEY=VALUE", source="--set", value=override, expected="section.key=value")
        return
    table = content
    for part in path[:-1]:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            problems.add("is not a table, so it has no keys", source="--set", variable=key, value=override)
            return
    table[path[-1]] = _toml_value(text.strip())
    overridden[".".join(path)] = f"--set {override}"


def _toml_value(text: str) -> object:
    try:
        return parsed_toml(f"value = {text}")["value"]
    except ValueError:
        return text


def _validated(content: Mapping[str, Any], complaints: Complaints) -> dict[str, Section | Partial | None]:
    """Sections by name; a :class:`Partial` where one is invalid, None where one is absent."""
    for name, value in content.items():
        if name not in complaints.sections and name != "parameters":
            unknown_section(name, value, complaints)
    return {name: _section(name, content, complaints) for name in complaints.sections}


def _section(name: str, content: Mapping[str, Any], complaints: Complaints) -> Section | Partial | None:
    given = content.get(name, {})
    if name in OPTIONAL and name not in content:
        return None
    if not isinstance(given, Mapping):
        some = ", ".join(names_of(complaints.sections[name])[:3])
        complaints.add(name, "is not a section", given, f"[{name}] with keys such as {some}")
        return Partial(None, set())
    if name in required(content) and name not in content:
        expected = "[site] for one column, or [region] for many cells" if name == "site" else ""
        complaints.add(name, "section is missing", expected=expected)
        return Partial(None, set())
    try:
        return complaints.sections[name].model_validate(given)
    except ValidationError as error:
        return Partial.of(complaints.sections[name], given, explain(name, error, complaints))


def _parameters(content: Mapping[str, Any], complaints: Complaints) -> ParameterSet | None:
    given = content.get("parameters", {})
    if not isinstance(given, Mapping):
        complaints.add("parameters", "is not a section", given, "[parameters] with lines such as SBETA = -1.8")
        return None
    return complain_of_parameters("parameters", given, complaints)
