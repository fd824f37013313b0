"""Faults, found or not: ``python -m benchmarks.faults [--minutes 10] [--seed 1] [--only NUMBER]``.

Random damage of every file of results and of half-done work, kills at random moments on 0 to 4 ranks, and a disk that
is full from some write on. Each is followed by the same command, whose results are compared with those of a command
that nothing hindered.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from benchmarks.faults.cases import STAGES
from benchmarks.faults.prepare import prepare
from benchmarks.faults.trials import FAULTS, KINDS, OUTCOMES, Trial, run_trial


def table_of(trials: Iterable[Trial]) -> str:
    """Trials and their outcomes by kind and target."""
    count: dict[tuple[str, str], Counter] = {}
    for trial in trials:
        count.setdefault((trial.kind, trial.target), Counter())[trial.outcome] += 1
    keys = sorted(count, key=lambda key: (KINDS.index(key[0]), key[1]))
    width = max([len(target) for _, target in keys], default=0)
    lines = [f"{'kind':8}{'target':{width}}" + "".join(f"{name:>10}" for name in ("trials", *OUTCOMES))]
    whole: Counter = Counter()
    for kind, target in keys:
        here = count[kind, target]
        whole += here
        lines.append(_row(kind, target, width, here))
    return "\n".join([*lines, _row("all", "", width, whole)])


def _row(kind: str, target: str, width: int, count: Counter) -> str:
    numbers = [count.total(), *(count[name] for name in OUTCOMES)]
    return f"{kind:8}{target:{width}}" + "".join(f"{number:10}" for number in numbers)


def main(arguments: list[str] | None = None) -> int:
    """The benchmark; 1 if a fault was not found, or ended otherwise than it should."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="preparation included; default 10")
    parser.add_argument("--trials", type=int, help="end after so many, before the time is over")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="SEED-NUMBER", help="repeat one trial of the log and print what was said")
    parser.add_argument("--stages", nargs="+", choices=[stage.name for stage in STAGES], default=[], metavar="STAGE")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND")
    parser.add_argument("--log", type=Path, default=Path("faults.log"), help="a line for each trial; faults.log")
    parser.add_argument("--folder", type=Path, help="folder for the files, kept afterwards; default: a temporary one")
    given = parser.parse_args(arguments)
    until = time.monotonic() + 60.0 * given.minutes
    with tempfile.TemporaryDirectory() as temporary:
        top = given.folder or Path(temporary)
        stages = prepare(top, given.stages, say=lambda text: print(text, file=sys.stderr, flush=True))
        if given.only:
            seed, number = map(int, given.only.split("-"))
            trial = run_trial(stages, seed, number, top / "trial", tuple(given.kinds))
            print(trial.line(seed).replace("\t", "\n").replace(" | ", "\n"), end="")
            return int(trial.outcome in FAULTS)
        trials: list[Trial] = []
        with given.log.open("w", encoding="utf-8") as log:
            while time.monotonic() < until and len(trials) != given.trials:
                trials.append(run_trial(stages, given.seed, len(trials), top / "trial", tuple(given.kinds)))
                log.write(trials[-1].line(given.seed))
                log.flush()
    print(table_of(trials))
    print(f"log: {given.log}; repeat a trial with --only, and the same --stages and --kinds")
    return int(any(trial.outcome in FAULTS for trial in trials))


if __name__ == "__main__":
    raise SystemExit(main())
