"""Columns taken through a stretch of weather, and parameter sets run side by side although some may fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from lsmcal.noah.integrate import IntegrationError, integrate
from lsmcal.noah.statistics import Annual, Series
from lsmcal.simulate.columns import Columns, Stretch
from lsmcal.simulate.failures import RunFailed, run_failed

Set = TypeVar("Set")
Result = TypeVar("Result")


def advance(
    columns: Columns,
    stretch: Stretch,
    *,
    series: Series | None = None,
    annual: Annual | None = None,
    steps_at_once: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Take all columns through a stretch of weather.

    Parameters
    ----------
    columns : Columns
        Advanced in place.
    stretch : Stretch
        With a row for each column, or one for all.
    series, annual : optional
        Receive the statistics; their rows count the steps of the stretch.
    steps_at_once : int, optional
        Steps of one call of the kernel, after which progress is reported; all by default.
    progress : callable, optional
        Called with the steps done and how many there are.

    Raises
    ------
    RunFailed
        For the first column that goes non-finite, with its last good state.
    """
    ground, options, whole = columns.ground, columns.options, len(stretch)
    each = steps_at_once or max(whole, 1)
    for first in range(0, whole, each):
        last = min(first + each, whole)
        part = stretch if each >= whole else stretch.part(first, last)
        try:
            integrate(
                columns.blocks,
                part.drivers,
                options,
                series=series,
                annual=annual,
                first=first,
                substeps=ground.substeps,
                linear=ground.linear,
                threads=ground.threads,
            )
        except IntegrationError as error:
            raise run_failed(columns, error, stretch.time) from error
        if progress:
            progress(last, whole)


class SetsRun(NamedTuple, Generic[Result]):
    """What became of some parameter sets.

    Parameters
    ----------
    result : object
        Of the sets that did not fail together; None where all failed.
    left : list of int
        Numbers of the sets in it, ascending.
    failures : dict of int to RunFailed
        The others.
    """

    result: Result | None
    left: list[int]
    failures: dict[int, RunFailed]


def without_failed_sets(sets: Sequence[Set], action: Callable[[list[Set]], Result]) -> SetsRun[Result]:
    """Run parameter sets side by side; a set that fails is left out, and the others are run again.

    Each set that is left gives the bits it would give alone, since columns do not depend on their neighbours; each
    that failed is reported in the words of a run of its own.

    Parameters
    ----------
    sets : sequence
    action : callable
        Runs a list of sets; raises :class:`RunFailed` with the number of the set that failed.

    Raises
    ------
    RunFailed
        What ``action`` raised without naming a set.
    """
    left = list(range(len(sets)))
    failures: dict[int, RunFailed] = {}
    while left:
        try:
            return SetsRun(action([sets[number] for number in left]), left, failures)
        except RunFailed as failure:
            if failure.number is None:
                raise
            failures[left.pop(failure.number)] = failure.alone()
    return SetsRun(None, left, failures)
