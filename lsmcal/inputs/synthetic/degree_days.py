"""Cells of a fine map of freezing and thawing degree days, with generated weather that has just these.

The coarse climate of :mod:`lsmcal.inputs.synthetic.climatology` gives each cell its height, rain and the form of its
seasons, interpolated between the nodes of its maps; soil and plants follow the rules of
:mod:`lsmcal.inputs.synthetic.plateau_ground`. How warm summer and winter are follows from the degree days
(:mod:`lsmcal.inputs.synthetic.degree_day_scaling`). Those of the ground's surface are not those of the air: a factor
for either, surface over air (the n-factor), may stand between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from lsmcal.core.errors import InputError, Problems
from lsmcal.core.geodesy import cell_area
from lsmcal.core.words import agreeing, counted
from lsmcal.inputs.domain.bottom_temperature import bottom_temperature, bottom_temperature_nan2002
from lsmcal.inputs.domain.domain import Domain, Grid
from lsmcal.inputs.domain.rasters import Raster, Wanted, Window, extent_of
from lsmcal.inputs.domain.read_raster import read_raster
from lsmcal.inputs.domain.regrid import cell_edges
from lsmcal.inputs.gridded.protocol import Places
from lsmcal.inputs.synthetic.climatology import LOWEST, REFERENCE_YEAR, monthly_temperature, read_climatology
from lsmcal.inputs.synthetic.degree_day_scaling import LEAST, MOST, degree_days, scaled_to_indices
from lsmcal.inputs.synthetic.plateau_ground import LAI_DENSE, plants, soil_layers
from lsmcal.inputs.synthetic.plateau_weather import MonthlyClimate, PlateauWeather
from lsmcal.noah.runtime.grid import PAPER_THICKNESS

#: Degree days beyond which a map holds something else [degC d].
HIGHEST = 15000.0
_INDICES = ("thawing", "freezing")
#: Part of a cell by which centres may lie off an even grid, and off those of another map.
_UNEVEN = 0.01
_WORLD = Window(-180.0, 180.0, -90.0, 90.0)


class DegreeDaySettings(Protocol):
    """What is made of the maps: keys of :class:`lsmcal.case.sections.degree_days.IndicesForcing`."""

    @property
    def permafrost(self) -> list[int]: ...

    @property
    def absent(self) -> list[int]: ...

    @property
    def cells(self) -> str: ...

    @property
    def years(self) -> list[int]: ...

    @property
    def n_thawing(self) -> float | str: ...

    @property
    def n_freezing(self) -> float | str: ...

    @property
    def tbot(self) -> float | str: ...


def make_indexed(
    climate: str | Path,
    maps: Mapping[str, tuple[Wanted, Path]],
    settings: DegreeDaySettings,
    seed: int,
    thickness=PAPER_THICKNESS,
) -> tuple[Domain, PlateauWeather]:
    """Cells of maps of degree days, and their weather.

    Parameters
    ----------
    climate : path
        Coarse climatology, as :func:`lsmcal.inputs.synthetic.climatology.make_climatology` has it.
    maps : mapping
        "thawing", "freezing" and, perhaps, "survey": what of which file, all on the same pixels. They become the cells.
    settings : DegreeDaySettings
    seed : int
    thickness : (nz,) array
        Layer thicknesses [m].

    Raises
    ------
    InputError
        With all that is wrong with the files: unreadable, without a variable, on uneven or different pixels, negative
        degree days, nothing surveyed, cells beyond the coarse climatology, degree days that no season gives.
    """
    problems, coarse = Problems(), None
    try:
        coarse = read_climatology(Path(climate))
    except InputError as error:
        problems.extend(error)
    rasters = _read(maps, problems)
    problems.raise_if_any()
    grid = Grid(rasters["thawing"].longitude, rasters["thawing"].latitude)
    target, kept, lost = _chosen(rasters, settings, problems)
    problems.raise_if_any()
    row, column = np.nonzero(kept)
    cell = (row * grid.longitude.size + column).astype(np.int64)
    places, temperature, rain = _climate_at(coarse, cell, grid.longitude[column], grid.latitude[row], str(climate))
    indices = [rasters[name].values[kept].astype(np.float64) for name in _INDICES]
    base = MonthlyClimate(places.cell, places.longitude, places.latitude, places.elevation, temperature, rain)
    unscaled = PlateauWeather(base, seed, reference_year=REFERENCE_YEAR)
    factors = _factors(settings, indices, unscaled)
    of_air = [values / factor for values, factor in zip(indices, factors, strict=True)]
    weather, met = scaled_to_indices(unscaled, of_air[0], of_air[1], (settings.years[0], settings.years[1]))
    _check_met(met, of_air, places, rasters["thawing"])
    attributes = {"source": _description(rasters, climate, settings, seed, factors, lost)}
    return _domain(grid, places, rain, target[kept], thickness, settings, seed, attributes), weather


# -- the maps -----------------------------------------------------------------------------------------------------
def _read(maps: Mapping[str, tuple[Wanted, Path]], problems: Problems) -> dict[str, Raster]:
    """The maps by name; whatever is wrong with one of them, or between them, is noted."""
    found = {}
    for name, (wanted, path) in maps.items():
        raster = read_raster(Path(path), wanted, _WORLD, problems)
        if raster is not None:
            found[name] = raster
            if name in _INDICES:
                _check_index(raster, problems)
    for raster in found.values():
        _check_pixels(raster, next(iter(found.values())), problems)
    return found


def _check_index(raster: Raster, problems: Problems) -> None:
    with np.errstate(invalid="ignore"):
        wrong = raster.valid & ~((raster.values >= 0.0) & (raster.values <= HIGHEST))
    if wrong.any():
        first = tuple(np.argwhere(wrong)[0])
        problems.add(
            f"{int(wrong.sum())} pixels are not degree days, the first",
            source=raster.source,
            variable=raster.variable,
            where=raster.where(first),
            value=raster.values[first],
            expected=f"0 to {HIGHEST:g} degC d, freezing degree days also positive",
        )
    elif not raster.valid.any():
        problems.add("has no value", source=raster.source, variable=raster.variable)


def _check_pixels(raster: Raster, first: Raster, problems: Problems) -> None:
    """Evenly spaced, and the same as those of the first map."""
    for name in ("longitude", "latitude"):
        axis, other = getattr(raster, name), getattr(first, name)
        size = (axis[-1] - axis[0]) / (axis.size - 1)
        if np.abs(np.diff(axis) - size).max() > _UNEVEN * size:
            problems.add("is not evenly spaced", source=raster.source, variable=name, expected="a regular grid")
        elif axis.size != other.size or np.abs(axis - other).max() > _UNEVEN * size:
            problems.add(
                f"the map has another {name}",
                source=raster.source,
                variable=raster.variable,
                value=extent_of(raster.longitude, raster.latitude),
                expected=f"the pixels of {first.name}",
            )


def _chosen(
    rasters: dict[str, Raster], settings: DegreeDaySettings, problems: Problems
) -> tuple[np.ndarray, np.ndarray, int]:
    """Target map, (ny, nx) of 1, 0 and -1; cells to keep, (ny, nx); number of surveyed ones that lack an index."""
    known = rasters["thawing"].valid & rasters["freezing"].valid
    survey = rasters.get("survey")
    target = np.full(known.shape, -1, np.int8)
    if survey is not None:
        for number, codes in ((1, settings.permafrost), (0, settings.absent)):
            target[survey.valid & np.isin(survey.values, codes)] = number
        for word, number in (("permafrost", 1), ("absent", 0)):
            if not (target == number).any():
                seen = np.unique(survey.values[survey.valid])
                shown = ", ".join(f"{one:g}" for one in seen[:12]) + (" ..." if seen.size > 12 else "")
                problems.add(
                    f"no pixel has a class code of forcing.{word}",
                    source=survey.source,
                    variable=survey.variable,
                    value=shown,
                    expected=" or ".join(str(code) for code in getattr(settings, word)),
                )
    wanted = known & (target >= 0) if settings.cells == "surveyed" else known
    if not wanted.any() and not problems:
        problems.add(
            "no cell remains",
            source=rasters["thawing"].source,
            variable=rasters["thawing"].variable,
            expected="degree days at surveyed pixels",
        )
    return target, wanted, int(((target >= 0) & ~known).sum())


# -- the coarse climate -------------------------------------------------------------------------------------------
def _climate_at(coarse, cell: np.ndarray, longitude: np.ndarray, latitude: np.ndarray, source: str):
    """Places with their heights, and monthly temperature [K] and rain [mm] there, (n, 12), between the coarse nodes."""
    from scipy.interpolate import RegularGridInterpolator

    points, found = np.column_stack([latitude, longitude]), {}
    for name in ("elevation_083", "precip_month"):
        rows, columns, values = coarse[name]
        at = RegularGridInterpolator(
            (rows, columns),
            np.moveaxis(values, 0, -1) if values.ndim == 3 else values,
            bounds_error=False,
            fill_value=np.nan,
        )
        found[name] = at(points)
    height, rain = found["elevation_083"], found["precip_month"]
    unknown = ~(np.isfinite(height) & np.isfinite(rain).all(axis=1))
    places = Places(cell, longitude, latitude, height)
    if unknown.any():
        problems = Problems()
        rows, columns, _ = coarse["elevation_083"]
        problems.add(
            f"{counted(unknown.sum(), 'cell')} {agreeing(unknown.sum(), 'lies', 'lie')} outside the "
            "climatology, the first",
            source=source,
            variable="elevation_083",
            value=places.name(int(np.argmax(unknown))),
            expected=extent_of(columns, rows),
        )
        problems.raise_if_any()
    return places, monthly_temperature(coarse, longitude, latitude, height), rain


def _factors(settings: DegreeDaySettings, indices: list[np.ndarray], unscaled: PlateauWeather) -> list[float]:
    """Degree days of the map over those of the air; "climate": so that their means over all cells are the climate's."""
    given = [getattr(settings, f"n_{name}") for name in _INDICES]
    if "climate" not in given:
        return given
    climate = degree_days(unscaled, (settings.years[0], settings.years[1]), climate_only=True)
    return [
        float(values.mean() / own.mean()) if wanted == "climate" else wanted
        for wanted, values, own in zip(given, indices, climate, strict=True)
    ]


def _check_met(met: np.ndarray, indices: list[np.ndarray], places: Places, raster: Raster) -> None:
    if met.all():
        return
    first, problems = int(np.argmin(met)), Problems()
    problems.add(
        f"the degree days of {counted((~met).sum(), 'cell')} cannot be reproduced, the first",
        source=raster.source,
        variable=raster.variable,
        where=places.name(first),
        value=f"{indices[0][first]:.0f} thawing, {indices[1][first]:.0f} freezing",
        expected=f"degree days within {LEAST:g} to {MOST:g} times the seasonal amplitude of the climate",
    )
    problems.raise_if_any()


# -- the cells ----------------------------------------------------------------------------------------------------
def _domain(
    grid: Grid, places: Places, rain, target, thickness, settings: DegreeDaySettings, seed: int, attributes
) -> Domain:
    longitude, latitude, height = places.longitude, places.latitude, places.elevation
    vegetation, leaf_area, greenness = plants(height, rain.sum(axis=1))
    thickness = np.asarray(thickness, np.float64)
    area = cell_area(cell_edges(grid.longitude), cell_edges(grid.latitude))
    return Domain(
        grid=grid,
        cell=places.cell,
        longitude=longitude,
        latitude=latitude,
        area=area.ravel()[places.cell],
        elevation=height,
        vegetation=vegetation,
        soil=soil_layers(seed, longitude, latitude, thickness),
        thickness=thickness,
        tbot=_bottom(settings.tbot, height, latitude),
        dense=leaf_area.mean(axis=1) > LAI_DENSE,
        greenness=greenness,
        leaf_area=leaf_area,
        target=target,
        attributes=attributes,
    )


def _bottom(rule: float | str, height: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    if rule == "elevation":
        return bottom_temperature(height, (LOWEST, 5300.0))
    if rule == "nan2002":
        return bottom_temperature_nan2002(height, latitude)
    return np.full(height.shape, float(rule))


def _description(
    rasters: dict[str, Raster], climate, settings: DegreeDaySettings, seed: int, factors: list[float], lost: int
) -> str:
    """Where cells and weather come from, in a sentence."""
    surveyed = f", survey {rasters['survey'].name}" if "survey" in rasters else ""
    over = f"over n-factors {factors[0]:.3g} and {factors[1]:.3g}"
    without = f"; {lost} surveyed cells lack an index and are excluded" if lost else ""
    return (
        f"degree days of {rasters['thawing'].name} and {rasters['freezing'].name} {over} are those of the air, "
        f"mean of {settings.years[0]}-{settings.years[1]}{surveyed}; elevation, precipitation and seasonality from "
        f"{Path(climate).name}; soil and vegetation by rule, seed {seed}{without}"
    )
