"""From maps to the cells of a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.inputs.domain import fields as make
from lsmcal.inputs.domain.crosswalk import Find
from lsmcal.inputs.domain.domain import Domain, regular_grid
from lsmcal.inputs.domain.maps import Canvas, HasWeather, at_centres
from lsmcal.inputs.domain.report import DomainReport
from lsmcal.inputs.domain.settings import DomainSettings
from lsmcal.inputs.gridded.protocol import Places

if TYPE_CHECKING:
    from lsmcal.inputs.gridded.spec import GriddedSpec
    from lsmcal.noah.parameters.tables import Tables


def build_domain(
    settings: DomainSettings, find: Find, thickness, tables: Tables, has_weather: HasWeather | None = None
) -> tuple[Domain, DomainReport]:
    """Read the maps of a case, carry them to its grid and leave out the cells that cannot be modelled.

    Parameters
    ----------
    settings : Domain
        The section [domain].
    find : callable
        Name, key of the case and Problems to the path of a file, or None with a problem noted.
    thickness : (nz,) array
        Layer thicknesses [m].
    tables : Tables
        Soil and vegetation classes.
    has_weather : callable, optional
        :class:`lsmcal.inputs.gridded.protocol.Places` to a bool array: which of them have forcing.

    Returns
    -------
    Domain, DomainReport

    Raises
    ------
    InputError
        With every problem of every map; or if no cell remains, saying why they went.
    """
    canvas = _canvas(settings, find)
    report = DomainReport(canvas.area, np.zeros(canvas.shape, dtype=np.int64))
    make.keep_region(canvas, settings, report)
    thickness = np.asarray(thickness, dtype=np.float64)
    fields = _fields(canvas, settings, thickness, tables)
    if settings.weather is not None:
        raster = canvas.read("weather", settings.weather)
        fields["has_weather"] = None if raster is None else at_centres(canvas, raster)
    taken_out = [(item.name, make.masked(canvas, item, number)) for number, item in enumerate(settings.masked, start=1)]
    canvas.problems.raise_if_any()
    _mask(canvas, settings, fields, taken_out, tables, report)
    if has_weather is not None:
        _ask_for_weather(canvas, fields, has_weather, report)
    _check_left(report)
    domain = _domain(canvas, settings, fields, thickness, report)
    _count_filled(canvas, report)
    return domain, report


def _canvas(settings: DomainSettings, find: Find) -> Canvas:
    west, east, south, north = settings.bounds
    width, height = settings.resolution
    grid = regular_grid((west, east, south, north), (width, height))
    longitude, latitude = (
        np.round(np.linspace(low, high, axis.size + 1), 10)
        for low, high, axis in ((west, east, grid.longitude), (south, north, grid.latitude))
    )
    return Canvas(grid, longitude, latitude, find, Problems())


def _fields(canvas: Canvas, settings, thickness: np.ndarray, tables: Tables) -> dict:
    """All fields on the grid; those whose map cannot be used are None."""
    elevation = make.elevation(canvas, settings.elevation)
    monthly = {
        name: make.climatology(canvas, name, getattr(settings, name))
        for name in ("leaf_area", "greenness")
        if getattr(settings, name) is not None
    }
    fields = {
        "elevation": elevation,
        "vegetation": make.vegetation(canvas, settings.vegetation, tables.vegetation),
        "soil": make.soil(canvas, settings, thickness, tables.soil),
        "tbot": make.bottom(canvas, settings, elevation),
        **monthly,
    }
    if settings.target is not None:
        fields["target"] = make.target(canvas, settings.target)
    return fields


def _mask(canvas: Canvas, settings, fields: dict, taken_out: list, tables: Tables, report: DomainReport) -> None:
    """Every reason in its order; the first that holds counts."""
    report.mask("outside the maps", ~canvas.covered)
    for name, cells in taken_out:
        report.mask(name, cells)
    report.mask("water or ice by class", make.excluded(canvas, settings, fields, tables))
    canvas.problems.raise_if_any()
    report.mask("no vegetation class", fields["vegetation"] == 0)
    report.mask("no soil class", (fields["soil"] == 0).any(axis=-1))
    report.mask("no elevation", np.isnan(fields["elevation"]))
    report.mask("no bottom temperature", np.isnan(fields["tbot"]))
    if "greenness" in fields:
        report.mask("no greenness", np.isnan(fields["greenness"]).any(axis=-1))
    if "has_weather" in fields:
        report.mask("no weather", ~fields["has_weather"])


def _ask_for_weather(canvas: Canvas, fields: dict, has_weather: HasWeather, report: DomainReport) -> None:
    row, column = np.nonzero(report.modelled)
    places = Places(
        np.flatnonzero(report.modelled),
        canvas.grid.longitude[column],
        canvas.grid.latitude[row],
        fields["elevation"][row, column],
    )
    without = np.zeros(canvas.shape, dtype=bool)
    without[row, column] = ~np.asarray(has_weather(places), dtype=bool)
    report.mask("no weather", without)


def _check_left(report: DomainReport) -> None:
    if report.modelled.any():
        return
    problems = Problems()
    why = "; ".join(f"{name}: {count}" for name, count, _ in report.rows()[1:-1] if count)
    problems.add("no cell remains", source="case", variable="domain", value=why, expected="at least one cell to model")
    problems.raise_if_any()


def _domain(canvas: Canvas, settings, fields: dict, thickness: np.ndarray, report: DomainReport) -> Domain:
    cell = np.flatnonzero(report.modelled).astype(np.int64)
    row, column = np.unravel_index(cell, canvas.shape)
    taken = {name: values[row, column] for name, values in fields.items() if name != "has_weather"}
    dense = make.dense(settings, taken.get("leaf_area"), canvas.origin, cell.size)
    if "leaf_area" in taken:
        taken["leaf_area"] = make.without_gaps(taken["leaf_area"], canvas.area[row, column], report)
    make.note_level_ends(settings, taken["elevation"], canvas.area[row, column], report)
    return Domain(
        grid=canvas.grid,
        cell=cell,
        longitude=canvas.grid.longitude[column],
        latitude=canvas.grid.latitude[row],
        area=canvas.area[row, column],
        thickness=thickness,
        dense=dense,
        attributes=dict(canvas.origin),
        **taken,
    )


def _count_filled(canvas: Canvas, report: DomainReport) -> None:
    for name, distance in canvas.filled.items():
        used = distance[report.modelled & np.isfinite(distance)]
        report.filled[name], report.farthest[name] = int(used.size), float(used.max(initial=0.0))


def weather_of(spec: GriddedSpec) -> HasWeather:
    """Which cells gridded files have weather for: a point near enough, with values at the first step.

    Parameters
    ----------
    spec : GriddedSpec

    Returns
    -------
    callable
        As ``has_weather`` of :func:`build_domain`; it raises InputError with what is wrong with the files.
    """

    def has_weather(places: Places) -> np.ndarray:
        from lsmcal.inputs.gridded.points import SLACK, nearest_in_list, nearest_on_axes

        problems = Problems()
        points, series = _points_and_series(spec, problems)
        problems.raise_if_any()
        index, off, limit = (nearest_on_axes if points.axes else nearest_in_list)(points, places, spec.within)
        near = (off <= limit + SLACK).all(axis=1)
        near[near] = _has_values(spec, series, index[near], problems)
        problems.raise_if_any()
        return near

    return has_weather


def _points_and_series(spec: GriddedSpec, problems: Problems):
    """Where the values of gridded files lie, and the times of the variables that a run needs."""
    from lsmcal.inputs.gridded.files import catalogue
    from lsmcal.inputs.gridded.source import needed_variables
    from lsmcal.inputs.gridded.time_axis import common_axis
    from lsmcal.inputs.station.csv import known_roles

    found = catalogue(spec, problems)
    problems.raise_if_any()
    found.pieces = needed_variables(found, known_roles(spec.constants, "forcing", problems), spec, problems)
    axis = common_axis(found, spec, problems)
    return found.points, {} if problems or axis is None else axis.series


def _has_values(spec: GriddedSpec, series: dict, index: np.ndarray, problems: Problems) -> np.ndarray:
    """(n,) bool: points with a value of every variable at the first step."""
    from lsmcal.inputs.gridded.values import OpenFiles, read_role
    from lsmcal.inputs.station.spec import SourceColumn

    files, held = OpenFiles(), np.ones(index.shape[0], dtype=bool)
    if index.shape[0]:
        for role, times in series.items():
            column = spec.columns.get(role, SourceColumn(""))
            values = read_role(role, times, 0, 1, index, column, spec.missing, files, problems)
            held &= np.isfinite(values).all(axis=0)
    files.close()
    return held
