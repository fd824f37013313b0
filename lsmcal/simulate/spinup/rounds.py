"""Equilibrium of a region: cells in groups on all ranks, in rounds, with checkpoints at cycles.

Columns need from a few to a hundred cycles, and a block costs the same with one column as with 32. So all cells are
brought some cycles on, finished columns are set aside, the others form new groups for the next round. A
column's numbers do not depend on its group; groups depend on numbers alone, never on ranks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lsmcal.core.words import counted
from lsmcal.parallel.checkpointed import ResumableStage, Step
from lsmcal.parallel.checkpoints import Reached, Record, Store
from lsmcal.simulate.columns import Columns, Stretch
from lsmcal.simulate.region import Region
from lsmcal.simulate.spinup import cycle as spinup_cycle
from lsmcal.simulate.spinup.spinup import Equilibrium, round_ends, spin_up
from lsmcal.simulate.start import start
from lsmcal.simulate.state import load_state

#: Kinds of records: columns at the end of a round, which of them are unfinished, columns on the way.
_END, _LEFT, _WAY = "end of round", "left of round", "way in round"


@dataclass(frozen=True)
class _Round:
    """A round.

    Parameters
    ----------
    number : int
    first, end : int
        Cycles done before and after it.
    groups : list of (n,) arrays
        Indices into the domain, ascending.
    """

    number: int
    first: int
    end: int
    groups: list[np.ndarray]

    def kind(self, of: str) -> str:
        """Kind of a record of this round."""
        return f"{of} {self.number}"


def _rounds(region: Region) -> Iterator[tuple[int, int, int]]:
    """Number, cycles before and cycles after each round there can be; one without cycles if there is no spin-up."""
    ends = round_ends(region.spinup) or [0]
    yield from zip(range(len(ends)), [0, *ends], ends, strict=False)


def _groups(region: Region, left: np.ndarray) -> list[np.ndarray]:
    size = len(region.pieces[0])
    return [left[first : first + size] for first in range(0, left.size, size)]


def spin_up_region(region: Region, stage: ResumableStage) -> None:
    """Bring every cell to equilibrium, or resume; to be called by all ranks.

    Parameters
    ----------
    region : Region
    stage : ResumableStage
        Receives the records that :func:`spun_up_columns` reads.
    """
    left, before = np.arange(len(region.domain)), None
    where: dict[int, Path] = {}
    for number, first, end in _rounds(region):
        now = _Round(number, first, end, _groups(region, left))
        done, ways = stage.known(partial(_begun, now))
        work = _Work(region, stage.store, now, before, where, ways)
        name = "spin-up" if number == 0 else f"spin-up from cycle {first + 1}, {counted(left.size, 'cell', ',')}"
        stage.advance(name, [group for group in range(len(now.groups)) if group not in done], work.steps, work.name)
        left, where = stage.known(partial(_gather_left, now=now))
        before = now
        if not left.size:
            break


def _begun(now: _Round, store: Store) -> tuple[Reached, Reached]:
    """Groups that came to the end of a round, and those that are on the way."""
    ends, left = store.last(now.kind(_END)), store.last(now.kind(_LEFT))
    return {group: end for group, end in ends.items() if group in left}, store.last(now.kind(_WAY))


def _gather_left(store: Store, now: _Round) -> tuple[np.ndarray, dict[int, Path]]:
    """Cells that go on, and the files that hold the columns of each group."""
    found = store.last(now.kind(_LEFT))
    index = [store.get(found[group][1], group, now.kind(_LEFT), 0)["left"] for group in range(len(now.groups))]
    return np.concatenate(index), {group: path for group, (_, path) in store.last(now.kind(_END)).items()}


def spun_up_columns(region: Region, store: Store) -> spinup_cycle.Progress:
    """All columns at the end of their spin-up, in the order of the domain."""
    whole: spinup_cycle.Progress = {}
    left = np.arange(len(region.domain))
    for number, first, end in _rounds(region):
        now = _Round(number, first, end, _groups(region, left))
        left, where = _gather_left(store, now)
        for group, index in enumerate(now.groups):
            for name, values in store.get(where[group], group, now.kind(_END), 0).items():
                if name not in whole:
                    whole[name] = np.zeros((len(region.domain), *values.shape[1:]), values.dtype)
                whole[name][index] = values
        if not left.size:
            break
    return whole


@dataclass(frozen=True)
class _Work:
    """What is done with a group of a round.

    Parameters
    ----------
    region, store
    now : _Round
    before : _Round or None
        The round before, whose columns lie in the files ``where``.
    where : dict of int to Path
    ways : dict of int to (int, Path)
        Groups that were on the way: cycles they had done, and the file.
    """

    region: Region
    store: Store
    now: _Round
    before: _Round | None
    where: dict[int, Path]
    ways: Reached

    def name(self, group: int) -> str:
        """A group in words."""
        cell = self.region.domain.cell[self.now.groups[group]]
        return f"cells {cell[0]} to {cell[-1]}" if cell.size == cell[-1] - cell[0] + 1 else f"cells {cell.tolist()}"

    def steps(self, group: int) -> Iterator[Step]:
        """The cycles of a group."""
        region, now = self.region, self.now
        index = now.groups[group]
        columns, cycle = region.columns(index), region.cycle_of(index)
        progress, done = self._begin(group, columns, cycle)
        while done < now.end and not progress["settled"].all():
            spinup_cycle.cycle(columns, cycle, progress, region.spinup)
            done += 1
            if done < now.end and not progress["settled"].all():
                reached = partial(Record, group, now.kind(_WAY), done, progress)
                yield Step(done - now.first, now.end - now.first, latest=reached)
        left = index[~progress["settled"]] if now.end else index[:0]
        ends = Record(group, now.kind(_END), 0, progress), Record(group, now.kind(_LEFT), 0, {"left": left})
        yield Step(done - now.first, now.end - now.first, ends, last=True)

    def _begin(self, group: int, columns: Columns, cycle: Stretch) -> tuple[spinup_cycle.Progress, int]:
        """Progress of the columns when the group, or the round before it, ended, and the cycles they had done."""
        if group in self.ways:
            done, path = self.ways[group]
            progress = self.store.get(path, group, self.now.kind(_WAY), done)
        elif self.before is None:
            start(columns, cycle)
            return spinup_cycle.begin(columns.blocks), 0
        else:
            progress, done = self._from_round(self.before, self.now.groups[group]), self.now.first
        load_state(columns.blocks, spinup_cycle.state_of(progress))
        return progress, done

    def _from_round(self, before: _Round, index: np.ndarray) -> spinup_cycle.Progress:
        groups = before.groups
        holds = np.searchsorted([group[0] for group in groups], index, side="right") - 1
        parts = []
        for group in np.unique(holds).tolist():
            columns = self.store.get(self.where[group], group, before.kind(_END), 0)
            parts.append(spinup_cycle.rows(columns, np.searchsorted(groups[group], index[holds == group])))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def equilibrium_of_cells(region: Region, index: np.ndarray, report=None) -> tuple[Columns, Equilibrium]:
    """Columns of some cells at equilibrium, here and now, and how they came to it.

    Parameters
    ----------
    region : Region
    index : (n,) array of int
        Into the domain.
    report : callable, optional
        Called with the cycles done and the most there can be.

    Raises
    ------
    RunFailed
        When a column goes non-finite.
    """
    columns, cycle = region.columns(index), region.cycle_of(index)
    start(columns, cycle)
    return columns, spin_up(columns, cycle, region.spinup, report)
