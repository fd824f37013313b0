"""What soil temperature says about permafrost, year by year and place by place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lsmcal.permafrost.annual import Year
from lsmcal.permafrost.classes import CLASS_NAMES, OUT, PERMAFROST, UNDETERMINED, class_of_year
from lsmcal.permafrost.places import SoilPlaces
from lsmcal.permafrost.thaw import closed_talik, thawed_through


@dataclass(frozen=True)
class Permafrost:
    """Class, thaw depth and taliks of each year and place.

    Parameters
    ----------
    years : (years,) array of int
        Calendar years, ascending.
    classes : (years, ...) array of int8
        Codes of :data:`lsmcal.permafrost.CLASS_NAMES`; the places have as many dimensions as in the file.
    thaw_depth : (years, ...) array
        Greatest thaw depth from the surface down in the year, whatever the class [m]; NaN where nothing is known or
        where it is deeper than the last layer.
    closed_talik, thawed_through : (years, ...) arrays of bool
        As :func:`lsmcal.permafrost.closed_talik` and :func:`lsmcal.permafrost.thawed_through`.
    known : (years, ...) array of bool
        Some layer has a value in the year.
    depth : (layers,) array
        Nodes of the layers [m].
    places : SoilPlaces
        Dimensions and coordinates.
    attributes : dict of str to str
        Where it comes from.
    """

    years: np.ndarray
    classes: np.ndarray
    thaw_depth: np.ndarray
    closed_talik: np.ndarray
    thawed_through: np.ndarray
    known: np.ndarray
    depth: np.ndarray
    places: SoilPlaces
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def active_layer(self) -> np.ndarray:
        """Active layer thickness (years, ...) [m]: the thaw depth where there is permafrost, NaN elsewhere."""
        return np.where(self.classes == PERMAFROST, self.thaw_depth, np.nan)

    def by_year(self) -> list[dict[str, Any]]:
        """Places, and their area if it is known, of each class in each year; for tables.

        Returns
        -------
        list of dict
            "year"; "places" and "area" [m2], by name of the class (out: left out), the latter None where areas are
            unknown; "active_layer", mean thickness over the permafrost (by area where it is known) [m];
            "closed_talik" and "thawed_through", numbers of places.
        """
        area = self.places.area()
        return [self._of_year(index, area) for index in range(self.years.size)]

    def _of_year(self, index: int, area: np.ndarray | None) -> dict[str, object]:
        classes, flags = self.classes[index], {}
        names = {code: name for code, name in CLASS_NAMES.items() if code != OUT}
        weight = np.ones(classes.shape) if area is None else area
        depth = self.active_layer[index]
        there = np.isfinite(depth) & np.isfinite(weight)
        for name in ("closed_talik", "thawed_through"):
            flags[name] = int((getattr(self, name)[index] & (classes != OUT)).sum())
        return {
            "year": int(self.years[index]),
            "places": {name: int((classes == code).sum()) for code, name in names.items()},
            "area": None
            if area is None
            else {name: float(np.nansum(area[classes == code])) for code, name in names.items()},
            "active_layer": float(np.average(depth[there], weights=weight[there])) if there.any() else None,
            **flags,
        }


def room_for(years: np.ndarray, depth: np.ndarray, places: SoilPlaces, attributes: dict[str, str]) -> Permafrost:
    """A result of which nothing is known yet."""
    shape = (years.size, *places.shape)
    first, second, third = (np.zeros(shape, bool) for _ in range(3))
    classes, thaw = np.full(shape, UNDETERMINED, np.int8), np.full(shape, np.nan)
    return Permafrost(years, classes, thaw, first, second, third, depth, places, attributes)


def fill(result: Permafrost, found: Iterable[Year], index: tuple[slice, ...] = ()) -> None:
    """Put the years of some places into a result.

    Parameters
    ----------
    result : Permafrost
    found : iterable of Year
        In order of time; those that the result has no room for are passed over.
    index : tuple of slice
        Which places; all if empty.
    """
    rows = {year: row for row, year in enumerate(result.years.tolist())}
    before = None
    for year in found:
        if year.year not in rows:
            continue
        place: Any = (rows[year.year], *index)
        shape = result.classes[place].shape
        if before is not None and before.year == year.year - 1:
            result.classes[place] = class_of_year(before.maximum, year.maximum, year.minimum).reshape(shape)
        result.thaw_depth[place] = year.thaw_depth(result.depth).reshape(shape)
        result.closed_talik[place] = closed_talik(year.maximum, year.minimum).reshape(shape)
        result.thawed_through[place] = thawed_through(year.maximum).reshape(shape)
        result.known[place] = np.isfinite(year.maximum).any(axis=-1).reshape(shape)
        before = year


def leave_out(result: Permafrost, excluded: np.ndarray | None) -> None:
    """Mark as out the excluded places and those that have no value in any year.

    Raises
    ------
    ValueError
        If the excluded ones do not have the shape of the places.
    """
    out = ~result.known.any(axis=0)
    if excluded is not None:
        excluded = np.asarray(excluded, bool)
        if excluded.shape != out.shape:
            raise ValueError(f"excluded has shape {excluded.shape}, the locations {out.shape}")
        out |= excluded
    result.classes[:, out] = OUT
    result.thaw_depth[:, out] = np.nan
    for flags in (result.closed_talik, result.thawed_through, result.known):
        flags[:, out] = False
