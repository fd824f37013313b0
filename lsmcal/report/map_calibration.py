"""The calibration of a region on its page: what the search gained, where, and which parameters the data constrain."""

from __future__ import annotations

from typing import Any

from lsmcal.calibration.figures import figures_of
from lsmcal.calibration.result import MapCalibration
from lsmcal.core.words import agreeing, counted
from lsmcal.evaluation.agreement import BINARY_NAMES
from lsmcal.report.fit import show_failures
from lsmcal.report.page import Page, number, short
from lsmcal.report.region_ground import Show
from lsmcal.search.equifinality import VERDICTS

#: Most pairs of parameters listed.
_PAIRS = 12


def map_calibration(page: Page, found: MapCalibration, show: Show) -> None:
    """The whole section.

    Parameters
    ----------
    page : Page
    found : MapCalibration
    show : callable
        Takes the name of a file, a figure and its caption.
    """
    figures = figures_of(found)

    def put(*names: str) -> None:
        for name in names:
            if name in figures:
                show(f"calibration-{name}", *figures[name])

    page.heading("Calibration")
    _summary(page, found)
    put("trajectory")
    if found.maps is not None or found.confusions:
        page.heading("Calibration: the map")
        put("sensitive", "agreement")
        _agreement(page, found)
        put("scores")
    if len(found.history.goals) > 1:
        page.heading("Calibration: several goals")
        _goals(page, found)
        put("pareto")
    page.heading("Calibration: identifiability of the parameters")
    _parameters(page, found)
    put("equifinality", "constraints")
    _pairs(page, found)


def _summary(page: Page, found: MapCalibration) -> None:
    cost: dict[str, Any] = found.cost()
    share = 100.0 * cost["optimiser_seconds"] / max(cost["model_seconds"], 1e-9)
    page.paragraph(
        f"The search changed {cost['measure']} from {number(cost['default'], 3)} (default set) to "
        f"{number(cost['best'], 3)} (trial {cost['best_trial']}). It made "
        f"{counted(cost['evaluations'], 'evaluation')} with {cost['engine']} and ended by {cost['stopped']}; "
        f"{counted(cost['failed'], 'evaluation')} failed. The model took "
        f"{cost['model_seconds']:.1f} s, the optimiser {cost['optimiser_seconds']:.1f} s ({share:.1f} % of that)."
    )
    show_failures(page, found.history)
    origin = "the Pareto front of" if found.combine == "pareto" else "the near-best"
    page.paragraph(
        f"{counted(cost['optimal'], 'trial')} {agreeing(cost['optimal'], 'is', 'are')} near-best, "
        f"with a threshold of {number(cost['threshold'], 3)}. The ensemble has "
        f"{counted(cost['members'], 'member')}, from {origin} {counted(found.ensemble.candidates, 'trial')}."
    )
    for note in found.notes:
        page.note(f"{note[:1].upper()}{note[1:]}.")


def _agreement(page: Page, found: MapCalibration) -> None:
    """Kappa, accuracy, rates and counts of every run on every set of cells."""
    if not found.confusions:
        return
    page.paragraph(
        f"Permafrost in {found.year} against the target map. Found is the share of the target's cells of a class that "
        "a run simulates (producer's accuracy). Right is the share of the simulated cells that the target confirms "
        "(user's accuracy)."
    )
    kinds = [BINARY_NAMES.get(code, f"class {code}") for code in _codes(found)]
    rates = [f"{kind}: {what}" for kind in kinds for what in ("found", "right")]
    counts = [f"{row} simulated as {column}" for row in kinds for column in kinds]
    page.table(("cells", "run", "count", "Kappa", "accuracy", *rates), _rows(found))
    page.paragraph("Confusion counts, in cells:")
    every = [(cells, run, one) for cells, runs in found.confusions.items() for run, one in runs.items()]
    page.table(("cells", "run", *counts), [(cells, run, *one.counts.ravel().tolist()) for cells, run, one in every])
    for text in sorted({one.undefined for _, _, one in every if one.undefined}):
        page.note(f"{text}.")


def _codes(found: MapCalibration) -> tuple[int, ...]:
    return next(iter(next(iter(found.confusions.values())).values())).codes


def _rows(found: MapCalibration):
    for cells, runs in found.confusions.items():
        for run, one in runs.items():
            rates = [number(value) for rate in one.rates().values() for value in (rate.found, rate.right)]
            yield cells, run, f"{one.total:,}", number(one.kappa, 3), number(one.accuracy, 3), *rates


def _goals(page: Page, found: MapCalibration) -> None:
    if not found.goals:
        return
    runs = list(next(iter(found.goals.values())))
    axes = {axis.name: axis for axis in found.history.goals}
    better = {name: "more" if axis.maximise else "less" for name, axis in axes.items()}
    rows = [(name, better.get(name, "–"), *(number(of[run], 3) for run in runs)) for name, of in found.goals.items()]
    page.table(("goal", "better", *runs), rows)


def _parameters(page: Page, found: MapCalibration) -> None:
    tally = [(verdict, [row["parameter"] for row in found.rows if row["verdict"] == verdict]) for verdict in VERDICTS]
    page.paragraph("; ".join(f"{verdict}: {', '.join(map(str, names))}" for verdict, names in tally if names) + ".")
    page.paragraph(
        "A parameter is constrained if the score is sensitive to it and its near-best sets span at most half of a "
        "uniform spread. It is weakly constrained if the near-best sets span more. Sensitive means p < 0.01 among "
        "trials of the same stage of the search, with the other parameters accounted for. A search concentrates its "
        "trials in all directions, so a narrow span alone is no evidence. Neither is the distance between near-best "
        "and other trials (KS)."
    )
    head = (
        "parameter",
        "unit",
        "range",
        "default",
        "best",
        "median",
        "5–95 % of near-best",
        "width [1]",
        "KS [1]",
        "effect [1]",
        "p of effect",
        "verdict",
    )
    page.table(head, [_parameter(row) for row in found.rows])


def _parameter(row: dict[str, Any]) -> tuple[str, ...]:
    span = "–" if row["q05"] is None else f"{short(row['q05'])} to {short(row['q95'])}"
    limits = "–" if row["low"] is None else f"{short(row['low'])} to {short(row['high'])}"
    chance = "–" if row["effect_p"] is None else f"{row['effect_p']:.1e}"
    return (
        row["parameter"],
        row["unit"],
        limits,
        short(row["default"]),
        short(row["best"]),
        short(row["median"]),
        span,
        number(row["width"]),
        number(row["ks"]),
        number(row["effect"]),
        chance,
        row["verdict"],
    )


def _pairs(page: Page, found: MapCalibration) -> None:
    if not found.pairs:
        page.paragraph("No two parameters are more correlated in the near-best sets than in the other trials.")
        return
    page.paragraph("Parameters that are correlated in the near-best sets, so that one compensates the other:")
    rows = [
        (f"{pair['first']} and {pair['second']}", number(pair["correlation"]), number(pair["others"]))
        for pair in found.pairs[:_PAIRS]
    ]
    page.table(("pair", "rank correlation, near-best [1]", "other trials [1]"), rows)
