"""An observation network against a region: which cell a site lies in, what the model has there, and how far off it is.

What the model has comes from the yearly minima, maxima and means of its layers:

- ``alt``: greatest thaw depth from the surface down, by the maxima (:func:`lsmcal.permafrost.thaw_depth`);
- ``ttop``: mean annual temperature at that depth;
- ``dzaa``: depth below which the annual range is at most 0.1 K; ``magt``: mean annual temperature there, or at the
  depth of the observation if it names one;
- ``soil_temperature``: mean annual temperature at a depth, linear between the nodes.

A column that thaws through has no permafrost table and one whose last node still feels the seasons no depth of zero
amplitude. What is known is that either lies at the last node or below. :func:`simulated_values` gives NaN there, or,
``bounded``, the last node: the least error the model can have made, which grows without a step as the table sinks
through the column, and which no parameter set can escape by thawing its permafrost away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypedDict

import numpy as np

from lsmcal.core.errors import InputError
from lsmcal.core.words import counted
from lsmcal.evaluation import scores
from lsmcal.inputs.domain.domain import Domain
from lsmcal.inputs.observed.network import VARIABLES, NetworkTable
from lsmcal.permafrost.ground import temperature_at, zero_amplitude_depth
from lsmcal.permafrost.thaw import thaw_depth


class YearlyGround(Protocol):
    """Yearly soil temperature of cells, as :class:`lsmcal.calibration.goals.protocol.Simulated` holds it."""

    @property
    def depth(self) -> np.ndarray: ...

    @property
    def minimum(self) -> np.ndarray: ...

    @property
    def maximum(self) -> np.ndarray: ...

    @property
    def mean(self) -> np.ndarray: ...

    def rows(self, cells: np.ndarray) -> np.ndarray: ...

    def year(self, year: int) -> int: ...


@dataclass(frozen=True)
class Matched:
    """Observations by cell: one row for each cell, variable, depth and year.

    Parameters
    ----------
    cell : (m,) array of int64
        Numbers of the cells.
    variable : (m,) array of str
        Keys of :data:`lsmcal.inputs.observed.network.VARIABLES`.
    depth : (m,) array
        [m]; NaN where the variable has none.
    year : (m,) array of int64
    value : (m,) array
        Mean of what was observed within the cell [m or K].
    count : (m,) array of int64
        Observed values it is the mean of.
    sites : tuple of str
        Their sites, ``A + B`` where there are several.
    outside, without : tuple of str
        Sites that no cell of the region holds, and those excluded by name.
    deep : int
        Observed values below the last node, where the model has none.
    """

    cell: np.ndarray
    variable: np.ndarray
    depth: np.ndarray
    year: np.ndarray
    value: np.ndarray
    count: np.ndarray
    sites: tuple[str, ...]
    outside: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    deep: int = 0

    def __len__(self) -> int:
        return self.year.size

    def take(self, keep: np.ndarray) -> Matched:
        """The rows of a mask."""
        rows = np.flatnonzero(keep)
        arrays = {name: getattr(self, name)[rows] for name in ("cell", "variable", "depth", "year", "value", "count")}
        return replace(self, **arrays, sites=tuple(self.sites[row] for row in rows))

    def select(
        self, variable: str, years: Sequence[int] | None = None, depths: Sequence[float] | None = None
    ) -> Matched:
        """The rows of a variable, in some years and at some depths (to the centimetre); all of them by default."""
        keep = self.variable == variable
        if years is not None:
            keep &= np.isin(self.year, list(years))
        if depths is not None:
            keep &= np.isclose(self.depth[:, None], np.asarray(depths, np.float64), rtol=0.0, atol=0.005).any(1)
        return self.take(keep)

    def words(self) -> str:
        """What was matched and what was not, for log and report."""
        said = [f"{counted(self.count.sum(), 'observed value')} in {counted(np.unique(self.cell).size, 'cell')}"]
        if int(self.count.sum()) > len(self):
            said.append(f"averaged to {len(self)} of cell, variable, depth and year")
        for names, why in ((self.outside, "outside the region"), (self.without, "excluded by name")):
            if names:
                some = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
                said.append(f"{len(names)} site{'' if len(names) == 1 else 's'} {why} ({some})")
        if self.deep:
            said.append(f"{counted(self.deep, 'value')} below the lowest node")
        return "; ".join(said)


def match(table: NetworkTable, domain: Domain, without: Sequence[str] = ()) -> Matched:
    """Observations to the cells that hold their sites; what lies in one cell is averaged.

    Parameters
    ----------
    table : NetworkTable
    domain : Domain
        Sites that none of its cells holds are left out.
    without : sequence of str
        Sites excluded by name: the one a calibration was made at, say.

    Returns
    -------
    Matched
        In ascending order of cell, variable, depth and year.
    """
    place = _cells_of_sites(table, domain)
    used = np.array([place[name] is not None and name not in set(without) for name in table.site.tolist()], bool)
    above = ~(table.depth > _last_node(domain))
    rows = np.flatnonzero(used & above)
    groups: dict[tuple, list[int]] = {}
    for row in rows:
        depth = -1.0 if np.isnan(table.depth[row]) else round(float(table.depth[row]), 3)
        key = (int(domain.cell[place[table.site[row]]]), str(table.variable[row]), depth, int(table.year[row]))
        groups.setdefault(key, []).append(int(row))
    named = {name for name in without if name in place}
    return _gathered(
        table,
        groups,
        outside=tuple(sorted(name for name in place if place[name] is None and name not in named)),
        without=tuple(sorted(named)),
        deep=int((used & ~above).sum()),
    )


def _cells_of_sites(table: NetworkTable, domain: Domain) -> dict[str, int | None]:
    """Index into the domain of the cell that holds each site; None where none does."""
    from lsmcal.simulate.from_case.region import cell_at

    places: dict[str, int | None] = {}
    names, first = np.unique(table.site, return_index=True)
    for name, row in zip(names.tolist(), first.tolist(), strict=True):
        try:
            places[name] = cell_at(domain, (table.longitude[row], table.latitude[row]), name, table.source)
        except InputError:
            places[name] = None
    return places


def _last_node(domain: Domain) -> float:
    return float(np.sum(domain.thickness) - 0.5 * domain.thickness[-1])


def _gathered(table: NetworkTable, groups: dict[tuple, list[int]], **left_out) -> Matched:
    keys = sorted(groups)
    cell, year = (np.array([key[part] for key in keys], np.int64) for part in (0, 3))
    variable = np.array([key[1] for key in keys], np.str_)
    depth = np.array([key[2] for key in keys], np.float64)
    depth = np.where(depth < 0.0, np.nan, depth)
    value = np.array([table.value[groups[key]].mean() for key in keys], np.float64)
    count = np.array([len(groups[key]) for key in keys], np.int64)
    sites = tuple(" + ".join(sorted({str(table.site[row]) for row in groups[key]})) for key in keys)
    return Matched(cell, variable, depth, year, value, count, sites, **left_out)


def simulated_values(
    matched: Matched, ground: YearlyGround, bounded: bool = False, deepest: float | None = None
) -> np.ndarray:
    """The model's counterpart of every observed value.

    Parameters
    ----------
    matched : Matched
    ground : YearlyGround
        Holds the cells and years of ``matched``.
    bounded : bool
        Where the permafrost table or the depth of zero amplitude is not within the column, take the last node.
    deepest : float, optional
        With ``bounded``, a depth that ``alt`` counts as where the thaw is deeper or goes through the column [m].

    Returns
    -------
    (m,) array
        [m or K]; NaN where the model has no such value.

    Raises
    ------
    KeyError
        A cell or year that is not in ``ground``.
    """
    if not len(matched):
        return np.zeros(0)
    year = np.array([ground.year(int(one)) for one in matched.year])
    row = ground.rows(matched.cell)
    minimum, maximum, mean = (getattr(ground, name)[row, year] for name in ("minimum", "maximum", "mean"))
    depth = np.asarray(ground.depth, np.float64)
    beyond = depth[-1] if bounded else np.nan
    table = thaw_depth(maximum, depth, beyond)
    still = zero_amplitude_depth(minimum, maximum, depth, beyond=beyond)
    given = np.isfinite(matched.depth)
    values = {
        "alt": table if deepest is None or not bounded else np.minimum(table, deepest),
        "ttop": temperature_at(mean, depth, table),
        "dzaa": still,
        "magt": temperature_at(mean, depth, np.where(given, matched.depth, still)),
        "soil_temperature": temperature_at(mean, depth, matched.depth),
    }
    found = np.full(len(matched), np.nan)
    for name, some in values.items():
        found = np.where(matched.variable == name, some, found)
    return found


class Errors(TypedDict):
    """Errors of the pairs in which both are finite: RMSE and MBE, None without any pair, and the number of pairs."""

    rmse: float | None
    mbe: float | None
    pairs: int


def errors(observed: np.ndarray, simulated: np.ndarray) -> Errors:
    """RMSE, MBE (simulated minus observed) and number of the pairs in which both are finite; None without any."""
    rmse, mbe = float(scores.rmse(observed, simulated)), float(scores.mbe(observed, simulated))
    return {
        "rmse": rmse if np.isfinite(rmse) else None,
        "mbe": mbe if np.isfinite(mbe) else None,
        "pairs": int(scores.pairs(observed, simulated)),
    }


def error_table(matched: Matched, simulated: np.ndarray) -> dict[str, dict[str, Any]]:
    """Errors of every variable: over all rows, by depth and by site.

    Parameters
    ----------
    matched : Matched
    simulated : (m,) array

    Returns
    -------
    dict
        Variable to ``{"unit": ..., "all": errors, "depths": {depth: errors}, "sites": {site: errors}}``; the keys of
        ``depths`` are texts such as ``"10 m"``, and there is none for variables without a depth.
    """
    table = {}
    site = np.array(matched.sites, dtype=np.str_)
    for name in [name for name in VARIABLES if (matched.variable == name).any()]:
        rows = matched.variable == name
        depths = np.unique(matched.depth[rows & np.isfinite(matched.depth)])
        table[name] = {
            "unit": VARIABLES[name].model_unit,
            "all": errors(matched.value[rows], simulated[rows]),
            "depths": {
                f"{depth:g} m": errors(matched.value[at], simulated[at])
                for depth in depths.tolist()
                for at in [rows & (matched.depth == depth)]
            },
            "sites": {
                one: errors(matched.value[at], simulated[at])
                for one in sorted(set(site[rows].tolist()))
                for at in [rows & (site == one)]
            },
        }
    return table
