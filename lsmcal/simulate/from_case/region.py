"""From a regional case to a region: cells, weather, tables."""

from __future__ import annotations

import numpy as np

from lsmcal.case import Case
from lsmcal.case.column import case_tables
from lsmcal.core import calendars
from lsmcal.core.errors import InputError, Problems, not_none
from lsmcal.inputs.domain.domain import Domain
from lsmcal.noah.parameters.parameters import Surroundings
from lsmcal.parameters.table import ParameterSet
from lsmcal.simulate.from_case.weather import cells_and_weather
from lsmcal.simulate.region import Region
from lsmcal.simulate.spinup.spinup import SpinUp


def region_of(case: Case, cell: tuple[float, float] | None = None, series: str = "daily") -> Region:
    """Read what a regional case names and put it together.

    Parameters
    ----------
    case : Case
    cell : (float, float), optional
        Longitude and latitude of the only cell wanted; it gets a series of its own.
    series : str
        Records of that cell.

    Raises
    ------
    InputError
        With every problem found.
    """
    problems = Problems()
    domain = weather = tables = None
    try:
        domain, weather = cells_and_weather(case, problems)
    except InputError as error:
        problems.extend(error)
    try:
        tables = case_tables(case, problems, [])
        if tables is not None:
            ParameterSet(case.parameters, tables, f"{case.source}: [parameters]")
    except InputError as error:
        problems.extend(error)
    if domain is not None and tables is not None:
        _check_layers(case, domain, problems)
        if _check_classes(case, domain, tables, problems):
            _check_roots(case, domain, tables, problems)
    chosen = np.zeros(0, np.int64) if domain is None else _chosen(case, domain, problems)
    if weather is not None:
        check_years(case, weather, problems)
    problems.raise_if_any()
    domain = not_none(domain)
    region = _region(case, domain, weather, tables, chosen)
    if cell is None:
        return region
    return region.only(np.array([cell_at(domain, cell, "--cell", case.source)]), series)


def _region(case: Case, domain: Domain, weather, tables, chosen: np.ndarray) -> Region:
    keys, spinup, run = not_none(case.region), case.region_spinup, case.region_run
    by_class = keys.snow_albedo == "table"
    around = Surroundings(
        tbot=0.0,
        zbot=keys.zbot,
        height_temperature=keys.height_temperature,
        height_wind=keys.height_wind,
        snow_albedo=0.0 if by_class else keys.snow_albedo,
        greenness_min=keys.greenness_min,
        greenness_max=keys.greenness_max,
        slope_class=keys.slope_class,
    )
    names = SpinUp.__dataclass_fields__
    notes = {f"forcing_{name}": text for name, text in weather.attributes.items()}
    notes |= {f"domain_{name}": text for name, text in domain.attributes.items()}
    return Region(
        domain=domain,
        weather=weather,
        tables=tables,
        choices=case.choices(),
        around=around,
        years=(run.years[0], run.years[1]),
        cycle=(spinup.years[0], spinup.years[1]),
        spinup=SpinUp(**{name: getattr(spinup, name) for name in names if hasattr(spinup, name)}),
        parameters=dict(case.parameters),
        saturation=spinup.saturation,
        greenness=tuple(keys.greenness),
        snow_albedo_by_class=by_class,
        substeps=case.model.substeps,
        linear=case.model.forcing_between_steps == "linear",
        chosen=chosen,
        series=run.series,
        attributes={"case": case.name, **notes},
    )


def _chosen(case: Case, domain: Domain, problems: Problems) -> np.ndarray:
    found = []
    for number, place in enumerate(case.region_run.cells, start=1):
        try:
            found.append(domain.cell[cell_at(domain, place, f"run.cells[{number}]", case.source)])
        except InputError as error:
            problems.extend(error)
    return np.unique(np.array(found, np.int64))


def cell_at(domain: Domain, place, key: str, source: str) -> int:
    """Index into the domain of the cell that holds a point; InputError, naming the nearest, if none does."""
    east = (domain.longitude - place[0] + 180.0) % 360.0 - 180.0
    north = domain.latitude - place[1]
    near = int(np.argmin(np.hypot(east, north)))
    half = 0.5 * cell_size(domain) * (1.0 + 1e-9)
    if not (abs(east[near]) <= half[0] and abs(north[near]) <= half[1]):  # no number is no place either
        problems = Problems()
        problems.add(
            "no cell of the region contains this point",
            source=source,
            variable=key,
            value=f"{place[0]:g}, {place[1]:g}",
            expected=f"a point such as the nearest cell, {domain.longitude[near]:g}, {domain.latitude[near]:g}",
        )
        problems.raise_if_any()
    return near


def cell_size(domain: Domain) -> np.ndarray:
    """Longitude and latitude that a cell spans [degrees]; of a single row or column as in the other direction."""
    spans = [np.diff(axis[:2]) for axis in (domain.grid.longitude, domain.grid.latitude)]
    known = np.concatenate(spans)
    return np.array([span[0] if span.size else known[0] for span in spans])


def _check_classes(case: Case, domain: Domain, tables, problems: Problems) -> bool:
    """Whether every class of the domain has a row."""
    before = len(problems.found)
    for name, table in (("vegetation", tables.vegetation), ("soil", tables.soil)):
        values = getattr(domain, name)
        unknown = (values < 1) | (values > len(table.classes))
        if unknown.any():
            at = int(np.argwhere(unknown)[0][0])
            problems.add(
                f"{name} class has no row in the table",
                source=case.source,
                variable=f"domain.{name}",
                where=f"cell {domain.cell[at]} ({domain.latitude[at]:g} N, {domain.longitude[at]:g} E)",
                value=int(values[unknown][0]),
                expected=f"1 to {len(table.classes)}",
            )
    return len(problems.found) == before


def _check_roots(case: Case, domain: Domain, tables, problems: Problems) -> None:
    """No class of the domain has roots below the lowest layer, whatever [parameters] say."""
    try:
        tables = case.parameters.apply(tables, case.choices().passive)
    except (KeyError, ValueError):  # complained of with the parameters
        return
    layers = len(case.grid.thickness)
    for number in np.unique(domain.vegetation):
        roots = int(tables.vegetation.value("NROOT", int(number)))
        if roots > layers:
            problems.add(
                f"the roots of {tables.vegetation.classes[number - 1]} reach deeper than the column",
                source=case.source,
                variable="grid.thickness",
                value=f"{layers} layers",
                expected=f'at least {roots} layers, or root_layers = "table" or NROOT[{number}] in [parameters]',
            )


def _check_layers(case: Case, domain: Domain, problems: Problems) -> None:
    """The domain was made for the layers of the case."""
    if domain.thickness.shape != (len(case.grid.thickness),) or not np.allclose(domain.thickness, case.grid.thickness):
        problems.add(
            "the domain was built for other layers",
            source=case.source,
            variable="grid.thickness",
            value=f"{domain.thickness.size} layers to {domain.thickness.sum():g} m",
            expected=f"{len(case.grid.thickness)} layers to {sum(case.grid.thickness):g} m; build it again with "
            f"'lsmcal domain {case.source}', or set grid.thickness",
        )


def check_years(case: Case, weather, problems: Problems) -> None:
    """Note years of run and spin-up that the weather does not hold."""
    step = np.timedelta64(round(weather.step), "s")
    time = calendars.nominal_start(weather.time[[0, -1]], weather.step, weather.calendar)
    spans = {"run.years": case.region_run.years, "spinup.years": case.region_spinup.years}
    for key, (first, last) in spans.items():
        begin, end = np.datetime64(f"{first:04d}", "s"), np.datetime64(f"{last + 1:04d}", "s")
        if begin < time[0] or end > time[1] + step:
            problems.add(
                "lies outside the forcing",
                source=case.source,
                variable=key,
                value=[first, last],
                expected=f"years within {weather.time[0]} to {weather.time[-1] + step}",
            )
