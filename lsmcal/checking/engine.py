"""What is wrong with the search engine of a case."""

from __future__ import annotations

from importlib import import_module
from inspect import signature

from lsmcal.calibration.run_search import engine_of
from lsmcal.core.errors import Problems
from lsmcal.search.protocol import EngineError

#: Largest value of options that are numbers; engines know the smallest. Populations and starts are all in memory.
_MOST = {"population": 100_000, "sigma": 10.0, "mutation": 2.0, "recombination": 1.0}


def _check_options(case, problems: Problems) -> None:
    """Every option is one of the engine's own, or ``initial``, the size of the start that all of them have."""
    if not case.calibrate.engine_options:
        return
    engine = import_module(f"lsmcal.search.engines.{case.calibrate.engine}")
    known = [*list(signature(engine.build).parameters)[1:], "initial"]
    for name, value in case.calibrate.engine_options.items():
        if name not in known:
            message, key = f"is not an option of {case.calibrate.engine}", f"calibrate.engine_options.{name}"
            problems.add(message, source=case.file, variable=key, value=value, expected=f"one of {', '.join(known)}")
        elif any(not abs(number) <= _MOST.get(name, 1e6) for number in _numbers(value)):
            key, expected = f"calibrate.engine_options.{name}", f"at most {_MOST.get(name, 1e6):g}"
            problems.add("is out of range", source=case.file, variable=key, value=value, expected=expected)


def _numbers(value: object) -> list[float]:
    """Numbers of an option: one, those of a list, or none."""
    given = value if isinstance(value, list) else [value]
    return [one for one in given if isinstance(one, (int, float))]


def check_engine(case, dimensions: int, problems: Problems) -> str:
    """The engine knows its options; where the case has something to calibrate against, it is installed and able to.

    Parameters
    ----------
    case : Case
        With [calibrate].
    dimensions : int
        Of the search.
    problems : Problems
        Receives wrong options, and of a region an engine that cannot be used.

    Returns
    -------
    str
        Why a site's search cannot run here, or empty. A site's case can be run without any search.
    """
    search, before = case.calibrate, len(problems.found)
    _check_options(case, problems)
    if len(problems.found) > before or (case.kind == "site" and case.observations is None):
        return ""
    try:
        engine_of(search, dimensions, goals=len(search.goals) if search.combine == "pareto" else 1)
    except EngineError as error:
        if case.kind == "site":
            return f"lsmcal calibrate cannot run here: {error}"
        problems.add(str(error), source=case.source, variable="calibrate.engine", value=search.engine)
    return ""
