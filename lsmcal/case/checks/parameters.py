"""Checks of parameter sets in a case, and of names that are searched."""

from __future__ import annotations

from collections.abc import Mapping

from lsmcal.case.messages import Complaints
from lsmcal.case.sections.calibrate import GROUPS_OF_NAMES, Calibrate
from lsmcal.core.errors import InputError
from lsmcal.noah.parameters.overrides import split_key
from lsmcal.parameters.table import ParameterSet, find_parameter


def complain_of_parameters(key: str, values: Mapping[str, object], out: Complaints) -> ParameterSet | None:
    """A parameter set, or None and what is wrong with it."""
    try:
        return ParameterSet(values)
    except InputError as error:
        for problem in error.problems:
            out.add(f"{key}.{problem.variable}", problem.message, problem.value, problem.expected)
        return None


def check_searched_names(search: Calibrate, out: Complaints) -> None:
    """Names of parameters that can be varied."""
    for number, name in enumerate(search.parameters, start=1):
        if name not in GROUPS_OF_NAMES:
            _tunable(f"calibrate.parameters[{number}]", name, out)


def check_searched_ranges(search: Calibrate, out: Complaints) -> None:
    """Ranges of parameters that can be varied."""
    for name, bounds in search.ranges.items():
        _tunable(f"calibrate.ranges.{name}", name, out)
        if len(bounds) != 2:
            out.add(f"calibrate.ranges.{name}", "is not a range", bounds, "[low, high]")
        elif not bounds[0] < bounds[1]:
            out.add(f"calibrate.ranges.{name}", "has low above high", bounds, "[low, high] with low below high")


def _tunable(key: str, name: str, out: Complaints) -> None:
    try:
        row = find_parameter(split_key(name)[0])
    except (KeyError, ValueError) as error:
        out.add(key, str(error.args[0]))
        return
    if row.status != "tunable":
        out.add(key, f"{row.name} is {row.status}: it follows other parameters and cannot be varied")
