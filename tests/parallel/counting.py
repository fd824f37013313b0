"""Work that needs no model, for tests with several ranks: pieces are taken through steps, or done in one go.

``python -m tests.parallel.counting FOLDER [--pieces N] [--steps N] [--seconds S] [--fail PIECE] [--threads N]``
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from lsmcal.core.errors import InputError, Problem
from lsmcal.core.files import write_json
from lsmcal.parallel.checkpointed import ResumableStage, Step, checkpointed, records_of
from lsmcal.parallel.checkpoints import Record, Store
from lsmcal.parallel.ending import leave_together
from lsmcal.parallel.job import Job
from lsmcal.parallel.launch import launched_world
from lsmcal.parallel.stop import REQUEUE, Stop, Stopped


def turned(value: float) -> float:
    """A step whose result depends on every step before it."""
    return 3.7 * value * (1.0 - value)


def state(piece: int, step: int, value: float) -> Record:
    """Where a piece is after so many steps."""
    return Record(piece, "state", step, {"value": np.array(value)})


def advanced(stage: ResumableStage, pieces: int, steps: int, seconds: float, fail: int | None = None) -> None:
    """Take pieces through their steps, and then square the ends in one go each."""
    reached = stage.known(lambda store: store.last("state"))

    def through(piece: int) -> Iterator[Step]:
        step, value = 0, 0.1 + 0.8 * piece / pieces
        if piece in reached:
            step, path = reached[piece]
            value = float(stage.store.get(path, piece, "state", step)["value"])
        for now in range(step + 1, steps + 1):
            if piece == fail:
                raise InputError([Problem("made to fail", source=f"piece {piece}")])
            value = turned(value)
            time.sleep(seconds)
            record = Record(piece, "value", now, {"value": np.array(value)})
            yield Step(now, steps, [record], partial(state, piece, now, value), last=now == steps)

    left = [piece for piece in range(pieces) if reached.get(piece, (0,))[0] < steps]
    stage.advance("turn", left, through, lambda piece: f"piece {piece}")
    ends = stage.known(lambda store: [float(one["value"]) for one in records_of(store, "state", range(pieces))])

    def square(piece: int, report) -> dict[str, np.ndarray]:
        for done in range(1, 4):
            time.sleep(seconds)
            report(done, 3)
        return {"square": np.array(ends[piece] ** 2)}

    stage.compute("square", "square", range(pieces), square, str)


def gathered(store: Store, pieces: int, steps: int) -> list[list[float]]:
    """All values of each piece, and its square."""
    where = store.steps("value")
    found = []
    for piece, one in enumerate(records_of(store, "square", range(pieces))):
        values = [float(store.get(where[piece][k], piece, "value", k)["value"]) for k in range(1, steps + 1)]
        found.append([*values, float(one["square"])])
    return found


def main() -> int:
    """Do the work on all ranks; rank 0 writes ``found.json``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    for name, kind, default in (("pieces", int, 7), ("steps", int, 5), ("seconds", float, 0.0), ("threads", int, 1)):
        parser.add_argument(f"--{name}", type=kind, default=default)
    parser.add_argument("--fail", type=int)
    given = parser.parse_args()
    with Stop() as stop:
        job = Job(launched_world(), stop, given.threads, checkpoint_seconds=0.0)
        work = partial(advanced, pieces=given.pieces, steps=given.steps, seconds=given.seconds, fail=given.fail)
        gather = partial(gathered, pieces=given.pieces, steps=given.steps)
        about = {"pieces": given.pieces, "steps": given.steps}
        try:
            found = checkpointed(given.folder / "checkpoint", about, job, work, gather)
        except Stopped:
            leave_together(REQUEUE)
            return REQUEUE
    if job.world.is_root:
        write_json(given.folder / "found.json", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
