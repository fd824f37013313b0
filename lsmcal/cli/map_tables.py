"""What the command line prints of the calibration of a region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lsmcal.cli.tables import show_json, show_pairs, table
from lsmcal.core.errors import not_none

if TYPE_CHECKING:
    from lsmcal.calibration.transfer import RegionScores
    from lsmcal.evaluation.agreement import Confusion


def show_transfer(found: RegionScores, as_json: bool = False) -> None:
    """Goals and maps of the default set and another."""
    if as_json:
        maps = {
            cells: {
                name: {**one.as_dict(), "kappa": _plain(one.kappa), "accuracy": _plain(one.accuracy)}
                for name, one in runs.items()
            }
            for cells, runs in found["maps"].items()
        }
        show_json({"year": found["year"], "goals": found["goals"], "maps": maps})
        return
    show_goals(found["goals"])
    if found["maps"]:
        show_maps(found["maps"], not_none(found["year"]))


def show_goals(goals: Mapping[str, Mapping[str, float]]) -> None:
    """Values of all goals by run."""
    runs = list(next(iter(goals.values())))
    table(["goal", *runs], [[name, *(f"{values[run]:.3f}" for run in runs)] for name, values in goals.items()])


def show_maps(maps: Mapping[str, Mapping[str, Confusion]], year: int) -> None:
    """Kappa, accuracy and counts by sets of cells and run; ``maps``: cells to run to Confusion."""
    headers = ("cells", "run", "Kappa", "accuracy", "hits", "missed", "false", "neither")
    rows = []
    for cells, runs in maps.items():
        for name, one in runs.items():
            (hits, missed), (false, neither) = one.counts.tolist()
            rows.append((cells, name, f"{one.kappa:.3f}", f"{one.accuracy:.3f}", hits, missed, false, neither))
    table(headers, rows, title=f"permafrost in {year}, cells simulated against the map", left=2)


def _plain(value: float) -> float | None:
    return value if value == value else None


def show_map_calibration(found) -> None:
    """What a search over a region came to, and what it cost."""
    show_goals(found.goals)
    if found.confusions:
        show_maps(found.confusions, found.year)
    show_pairs(found.summary())
