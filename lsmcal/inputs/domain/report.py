"""What became of the cells of a grid: how many are modelled, how many are masked, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lsmcal.core.words import counted


@dataclass
class DomainReport:
    """Why each cell of the grid is, or is not, modelled.

    Parameters
    ----------
    area : (ny, nx) array
        Of the cells [m2].
    masked : (ny, nx) int array
        0: modelled; otherwise the number, from 1, of the first of ``reasons`` that holds.
    reasons : list of str
    filled : dict of str to int
        Field to number of modelled cells that hold no valid pixel of their map and took the nearest one's class.
    farthest : dict of str to float
        Field to the largest distance so taken [km].
    notes : list of str
        What else a user should know.
    """

    area: np.ndarray
    masked: np.ndarray
    reasons: list[str] = field(default_factory=list)
    filled: dict[str, int] = field(default_factory=dict)
    farthest: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def mask(self, reason: str, cells: np.ndarray) -> None:
        """Take cells out for a reason; those already out keep their first one. A reason without cells is kept too."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        self.masked[cells & (self.masked == 0)] = self.reasons.index(reason) + 1

    @property
    def modelled(self) -> np.ndarray:
        """(ny, nx) bool: cells that are left."""
        return self.masked == 0

    def rows(self) -> list[tuple[str, int, float]]:
        """Modelled, each reason and the whole grid: words, number of cells, area [km2]."""
        names = ["modelled", *self.reasons]
        found = [(name, self.masked == number) for number, name in enumerate(names)]
        found.append(("whole grid", np.ones(self.masked.shape, dtype=bool)))
        return [(name, int(cells.sum()), float(self.area[cells].sum()) * 1e-6) for name, cells in found]

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        rows = {name: {"cells": cells, "area_km2": round(area, 3)} for name, cells, area in self.rows()}
        nearest = {
            name: {"cells": count, "farthest_km": round(self.farthest[name], 3)} for name, count in self.filled.items()
        }
        return {"cells": rows, "nearest": nearest, "notes": list(self.notes)}

    def table(self) -> str:
        """The report in plain text."""
        rows = self.rows()
        wide = max(len(name) for name, _, _ in rows)
        share = rows[-1][2] / 100.0
        lines = [f"{'':{wide}}  {'cells':>9}  {'area km2':>13}  {'%':>6}"]
        lines += [f"{name:{wide}}  {cells:9d}  {area:13,.1f}  {area / share:6.2f}" for name, cells, area in rows]
        for name, count in self.filled.items():
            if count:
                lines.append(
                    f"{name}: {counted(count, 'cell')} filled from a pixel within {self.farthest[name]:.1f} km"
                )
        return "\n".join(lines + self.notes)
