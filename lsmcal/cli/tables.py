"""Results as tables on the terminal, JSON or CSV."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core.words import counted

if TYPE_CHECKING:
    from rich.console import JustifyMethod

    from lsmcal.calibration.site_stage import SiteEvaluation
    from lsmcal.campaign import Campaign
    from lsmcal.evaluation.site import ScoredKind
    from lsmcal.planning.cost import Plan, StageCost

#: Blanks between two columns of a table.
_WIDTH_BETWEEN = 3


#: Width of redirected tables: whole rows of numbers; what has text to fold keeps to a page.
_REDIRECTED, PAGE = 200, 80


def _console(redirected: int = _REDIRECTED):
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else redirected)


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    title: str = "",
    left: int = 1,
    folded: Sequence[int] = (),
) -> None:
    """Print a table; the first ``left`` columns are text, the others numbers.

    Columns that are ``folded`` (their numbers) take what the others leave of the width of a terminal, or of a page
    where there is none.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for number, header in enumerate(headers):
        justify: JustifyMethod = "left" if number < left else "right"
        fixed = bool(folded) and number not in folded
        shown.add_column(Text(header), justify=justify, overflow="fold", no_wrap=fixed)
    for row in rows:
        shown.add_row(*(Text(plain_text(value)) for value in row))
    _console(PAGE if folded else _REDIRECTED).print(shown)


def side_by_side(first: tuple[str, Sequence[str]], columns: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Print columns of numbers, each a header and its texts, in as many tables as the width of the terminal asks for.

    The ``first`` column stands before every table. A header may have a second line.
    """
    width, used = _console(PAGE).width, 0
    part: list[tuple[str, Sequence[str]]] = []
    for header, texts in columns:
        needed = _WIDTH_BETWEEN + max(map(len, (*header.split("\n"), *texts)))
        if part and used + needed > width:
            _print_part(first, part)
            used, part = 0, []
        used = used or 2 + _WIDTH_BETWEEN + max(map(len, (*first[0].split("\n"), *first[1])))
        used += needed
        part.append((header, texts))
    _print_part(first, part)


def _print_part(first, part) -> None:
    headers, texts = zip(first, *part, strict=True)
    table(headers, zip(*texts, strict=True), left=1)


def plain_text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def show_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Label and text on each line."""
    width = max(len(label) for label, _ in pairs)
    for label, text in pairs:
        print(f"{label:<{width}}  {text}")


def show_json(content: object) -> None:
    """Plain values as JSON, numbers that are not finite as null."""
    print(json.dumps(_finite(content), indent=1, allow_nan=False))


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_finite(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


# -- runs and searches ------------------------------------------------------------------------------------------
def show_evaluation(evaluation: SiteEvaluation, as_json: bool = False) -> None:
    """Scores by depth and period of every run in an evaluation."""
    if as_json:
        show_json(evaluation)
        return
    _show_scores(evaluation)
    for other in evaluation["other"].values():
        _show_scores(other)


def _show_scores(part: ScoredKind) -> None:
    kind = part["kind"].replace("_", " ")
    headers = ("period", "run", "depth [m]", "NSE", "KGE", "skill", "RMSE", "bias", "days")
    rows = []
    periods = dict.fromkeys(period for scores in part["scores"].values() for period in scores)
    for period in periods:
        for run, scores in part["scores"].items():
            found = scores[period]
            by_depth = (found["nse"], found["kge"], found["skill"], found["rmse"], found["mbe"])
            for index, depth in enumerate(part["depths"]):
                named = [values[index] for values in by_depth]
                rows.append((period, run, f"{depth:g}", *_rounded(named), found["pairs"][index]))
            means = (found["mean_nse"], found["mean_kge"], found["mean_skill"], found["mean_rmse"])
            rows.append((period, run, "mean", *_rounded(means), "", ""))
    table(headers, rows, title=kind, left=2)


def _rounded(values: Iterable[float | None]) -> list[str]:
    return ["-" if value is None else f"{value:.3f}" for value in values]


def show_calibration(evaluation: SiteEvaluation, best: Mapping[str, float], folder: Path) -> None:
    """What a search came to, and what it cost."""
    show_evaluation(evaluation)
    table(("parameter", "best"), list(best.items()))
    search = evaluation["search"]
    default, found = _rounded([search["default"], search["best"]])
    pairs = [
        (f"mean {search['objective'].upper()}", f"{default} (default), {found} (trial {search['best_trial']})"),
        ("evaluations", f"{search['evaluations']}, {search['failed']} failed; ended by {search['stopped']}"),
        ("time", f"model {search['model_seconds']:.1f} s, optimiser {search['optimiser_seconds']:.1f} s"),
        ("written to", str(folder)),
    ]
    show_pairs(pairs)


def show_campaign(result: Campaign) -> None:
    """Stages of a campaign with their times."""
    rows = [(stage, what, f"{result.seconds[stage]:.1f}") for stage, what in result.stages.items()]
    table(("stage", "what", "seconds"), rows, left=2)
    if result.page:
        print(f"wrote {result.page}")


def show_plans(plans: Mapping[str, Plan], as_json: bool, cores: Sequence[int] = (16, 128, 1024)) -> None:
    """What cases cost, stage by stage."""
    if as_json:
        show_json({name: _plan_as_json(plan) for name, plan in plans.items()})
        return
    from lsmcal.planning.plan import PAPER_KEY

    headers = ("stage", "column-steps", "disk", "1 core", *(f"{count} cores" for count in cores))
    for name, plan in plans.items():
        rows = [(s.name, f"{s.column_steps:.3g}", _size(s.disk), *_on(s, cores)) for s in plan.stages]
        rows.append(("sum", "", _size(sum(s.disk for s in plan.stages)), *_on(plan, cores)))
        table(headers, rows, title="campaign of Ji et al. (2026)" if name == PAPER_KEY else name)
        pairs = [("column-step", f"{plan.nanoseconds:.0f} ns on one core, forcing included")]
        pairs.append(("memory per process", _size(plan.memory)))
        show_pairs([*pairs, *(("assumed", note) for note in plan.notes)])


def _plan_as_json(plan: Plan) -> dict[str, object]:
    stages = [{**asdict(stage), "core_hours": stage.core_hours} for stage in plan.stages]
    return {**asdict(plan), "stages": stages, "core_hours": plan.core_hours}


def _on(stage_or_plan: StageCost | Plan, cores: Sequence[int]) -> list[str]:
    return [_duration(3600.0 * stage_or_plan.hours(count)) for count in (1, *cores)]


def _duration(seconds: float) -> str:
    if seconds < 120.0:
        return f"{seconds:.2g} s" if seconds < 10.0 else f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 7200.0 else f"{seconds / 3600.0:,.0f} h"


def _size(size: float) -> str:
    if size < 1.0:
        return "-"
    power = min(int(math.log10(size) // 3), 4)
    return f"{size / 1000.0**power:.3g} {('B', 'kB', 'MB', 'GB', 'TB')[power]}"


def show_outputs(files, folder) -> bool:
    """A line for each checked file of a folder, and how many are not good; whether all are good."""
    state, name = (max([0, *(len(getattr(file, key)) for file in files)]) for key in ("state", "name"))
    for file in files:
        first, *rest = file.note.split("\n")
        print(f"{file.state:{state}}  {file.name:{name}}  {first}".rstrip())
        for line in rest:
            print(f"{'':{state}}  {line}")
    bad = sum(file.is_bad for file in files)
    print(f"{folder}: {counted(len(files), 'file')}, {f'{bad} not good' if bad else 'all good'}")
    return not bad
