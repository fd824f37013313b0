"""Everything that can be wrong with a case before it runs, found at once; and what the case amounts to."""

from __future__ import annotations

from collections.abc import Iterable

from lsmcal.case import Case, read_case
from lsmcal.checking.region import CheckedRegion, check_region
from lsmcal.checking.site import CheckedSite, check_site
from lsmcal.core.errors import InputError, Problems


def check_case(case: Case) -> CheckedSite | CheckedRegion:
    """Read everything a case names and check it.

    Parameters
    ----------
    case : Case

    Returns
    -------
    CheckedSite or CheckedRegion
        Its ``summary()`` says what the case amounts to.

    Raises
    ------
    InputError
        With the problems of all files, tables and keys.
    """
    return _checked(case, Problems())


def check_file(path, overrides: Iterable[str] = (), parameters=None, data=None) -> CheckedSite | CheckedRegion:
    """As :func:`check_case` for a case file; what is wrong with its keys is listed with the rest.

    Parameters
    ----------
    path, overrides, parameters, data
        As in :func:`lsmcal.case.load_case`.
    """
    return _checked(*read_case(path, overrides, parameters, data))


def _checked(case: Case, problems: Problems) -> CheckedSite | CheckedRegion:
    return (check_site if case.kind == "site" else check_region)(case, problems)


def all_problems(case: Case, error: InputError) -> InputError:
    """An error of one stage, joined by all that :func:`check_case` finds unless the error is complete."""
    if error.complete:
        return error
    try:
        check_case(case)
    except InputError as found:
        known = {(problem.source, problem.variable, problem.message) for problem in found.problems}
        rest = [p for p in error.problems if (p.source, p.variable, p.message) not in known]
        return InputError([*found.problems, *rest])
    return error
