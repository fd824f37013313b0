"""From a case to a site: weather, column, start and spin-up."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from lsmcal.inputs.forcing import Forcing
from lsmcal.inputs.observations import Observations, read_observations
from lsmcal.inputs.read import read_forcing
from lsmcal.noah.grid import node_depths
from lsmcal.noah.parameters import Surroundings
from lsmcal.noah.tables import Tables
from lsmcal.problems import InputError, Problems
from lsmcal.simulate.equilibrium import SpinUp
from lsmcal.simulate.setup import ColumnSetup
from lsmcal.simulate.site import Site
from lsmcal.simulate.state import InitialProfile, regrid

log = logging.getLogger(__name__)

#: Deep temperature with height: slope [K m-1] and value at sea level [K] (Wu 2016, after Chen Hao; PHYSICS 5).
_TBOT_SLOPE, _TBOT_SEA = -0.0063, 303.98


def deep_temperature(elevation: float, clip: tuple[float, float]) -> float:
    """TBOT of the plateau from height, level beyond the ends of ``clip`` [m]; K. PHYSICS 5."""
    return _TBOT_SLOPE * float(np.clip(elevation, *clip)) + _TBOT_SEA


def layer_values(values, thickness, name: str, problems: Problems) -> np.ndarray | None:
    """One value per layer from a list, or from tables down to given depths."""
    if values is None:
        return None
    if values and hasattr(values[0], "to_depth"):
        middle = node_depths(thickness)
        ends = np.array([entry.to_depth for entry in values])
        entries = [getattr(entry, "value", None) for entry in values]
        place = np.minimum(np.searchsorted(ends, middle), len(entries) - 1)
        return np.array([entries[i] for i in place], np.float64)
    if len(values) != len(thickness):
        problems.add(
            "has another number of values than there are layers", source=name, value=len(values),
            expected=len(thickness),
        )  # fmt: skip
        return None
    return np.asarray(values, np.float64)


def soil_classes(soil, thickness, tables: Tables) -> np.ndarray:
    """Soil class number of each layer from one class, a list, or tables down to given depths."""
    if not isinstance(soil, list):
        return np.full(len(thickness), tables.soil.number(soil))
    if soil and hasattr(soil[0], "to_depth"):
        ends = np.array([entry.to_depth for entry in soil])
        place = np.minimum(np.searchsorted(ends, node_depths(thickness)), len(soil) - 1)
        return np.array([tables.soil.number(soil[i].soil) for i in place])
    return np.array([tables.soil.number(key) for key in soil])


def column_setup(case) -> ColumnSetup:
    """The column a case describes."""
    tables, choices, site = case.tables(), case.choices(), case.site
    thickness = np.asarray(case.grid.thickness, np.float64)
    vegetation = tables.vegetation.number(site.vegetation)
    tbot = site.tbot
    if tbot == "elevation":
        tbot = deep_temperature(float(site.elevation), tuple(site.tbot_clip))
    snow_albedo = site.snow_albedo
    if snow_albedo == "table":
        snow_albedo = tables.vegetation.value("MAXALB", vegetation) / 100.0
    around = Surroundings(
        tbot=float(tbot),
        zbot=site.zbot,
        dense=site.cover == "dense",
        height_temperature=site.height_temperature,
        height_wind=site.height_wind,
        snow_albedo=float(snow_albedo),
        greenness_min=site.greenness_min,
        greenness_max=site.greenness_max,
        slope_class=site.slope_class,
    )
    return ColumnSetup(
        tables=tables,
        choices=choices,
        soil=soil_classes(site.soil, thickness, tables),
        vegetation=vegetation,
        around=around,
        thickness=thickness,
        column_soil=None if site.column_soil is None else tables.soil.number(site.column_soil),
        greenness=site.greenness,
        albedo=site.albedo,
        leaf_area=site.leaf_area,
        substeps=case.model.substeps,
        linear=case.model.forcing_between_steps == "linear",
    )


def spin_up_part(case, forcing: Forcing, run: Forcing) -> Forcing:
    """The steps the spin-up repeats: the stated years or days, else the first year of the run."""
    settings = case.spinup
    if settings.years:
        return forcing.between(f"{settings.years[0]:04d}-01-01", f"{settings.years[1]:04d}-12-31")
    if settings.start or settings.end:
        return forcing.between(settings.start, settings.end)
    first = run.local_days[0]
    return run.between(str(first), str(first.astype("datetime64[D]") + np.timedelta64(364, "D")))


def read_weather(case) -> tuple[Forcing, Forcing, Forcing]:
    """Forcing of a case: all of it, of the run, of the spin-up cycle.

    Raises
    ------
    InputError
        When files are bad, or hold no step of the run or of the spin-up.
    """
    forcing = read_forcing(case.forcing_spec())
    problems = Problems()
    run = forcing.between(case.run.start, case.run.end)
    have = f"{forcing.local_days[0]} to {forcing.local_days[-1]}"
    _check_cover(forcing, case.run.start, case.run.end, "run", problems, have)
    if not len(run):
        problems.add("the forcing holds no step of the run", source="run", expected=f"days within {have}")
        problems.raise_if_any()
    cycle = spin_up_part(case, forcing, run)
    if case.spinup.method != "none":
        settings = case.spinup
        start, end = settings.start, settings.end
        if settings.years:
            start, end = f"{settings.years[0]:04d}-01-01", f"{settings.years[1]:04d}-12-31"
        _check_cover(forcing, start, end, "spinup", problems, have)
        if not len(cycle):
            problems.add("the forcing holds no step of the spin-up", source="spinup", expected=f"days within {have}")
    problems.raise_if_any()
    return forcing, run, cycle


def _check_cover(forcing: Forcing, start: str, end: str, source: str, problems: Problems, have: str) -> None:
    """The forcing must begin and end no later and no earlier than asked."""
    days = forcing.local_days
    for key, text, bad in (
        ("start", start, lambda day: day < days[0]),
        ("end", end, lambda day: day > days[-1]),
    ):
        if text and bad(np.datetime64(text[:10], "D")):
            problems.add("is outside the forcing", source=source, variable=key, value=text, expected=f"a day of {have}")


def initial_profile(case, setup: ColumnSetup) -> InitialProfile:
    """Where the column starts."""
    initial = case.initial
    surface_names = ("skin_temperature", "canopy_water", "snow_water", "snow_depth")
    surface = {name: getattr(initial, name) for name in surface_names}
    problems = Problems()
    if initial.source == "linear":
        return InitialProfile(surface_mean=initial.surface_mean, saturation=initial.saturation, **surface)
    if initial.source == "profile":
        profile = {
            name: layer_values(getattr(initial, name), setup.thickness, f"initial.{name}", problems)
            for name in ("temperature", "water", "liquid")
        }
        problems.raise_if_any()
        return InitialProfile(surface_mean=initial.surface_mean, saturation=initial.saturation, **profile, **surface)
    if initial.source == "noah-text":
        return _noah_text_profile(case, setup, surface)
    return _file_profile(case.initial_file(), setup)


def _noah_text_profile(case, setup: ColumnSetup, surface: dict) -> InitialProfile:
    from lsmcal.inputs.noah_text import read_noah_text

    problems = Problems()
    text = read_noah_text(Path(case.initial_file()), problems)
    problems.raise_if_any()
    settings = text.settings
    source = np.asarray(settings.soil_layer_thickness)
    names = {"temperature": "soil_temperature", "water": "soil_moisture", "liquid": "soil_liquid"}
    profile = {
        ours: regrid(np.asarray(getattr(settings, theirs)), source, setup.thickness) for ours, theirs in names.items()
    }
    return InitialProfile(
        **profile,
        skin_temperature=surface["skin_temperature"] or settings.skin_temperature,
        canopy_water=settings.canopy_water,
        snow_water=settings.snow_equivalent,
        snow_depth=settings.snow_depth,
    )


def _file_profile(path, setup: ColumnSetup) -> InitialProfile:
    """Profile of the end of an earlier run, brought to this column's layers."""
    from lsmcal.simulate.output import read_state

    try:
        state, thickness = read_state(path)
    except (OSError, KeyError, IndexError) as error:
        problems = Problems()
        problems.add(f"cannot be read as the output of a run ({error})", source=str(path), expected="a run.nc")
        raise InputError(problems.found) from None
    profile = {name: regrid(state[name][0], thickness, setup.thickness) for name in ("temperature", "water", "liquid")}
    surface = {name: float(state[name][0]) for name in ("skin_temperature", "canopy_water", "snow_water", "snow_depth")}
    return InitialProfile(**profile, **surface)


def site_of(case) -> Site:
    """Read what a case names and assemble the site.

    Raises
    ------
    InputError
        With every problem found.
    """
    forcing, run, cycle = read_weather(case)
    setup = column_setup(case)
    for note in forcing.attributes.items():
        log.info("forcing: %s: %s", *note)
    settings = case.spinup
    spinup = SpinUp(
        method=settings.method,
        cycles=settings.cycles,
        min_cycles=settings.min_cycles,
        max_cycles=settings.max_cycles,
        tolerance_temperature=settings.tolerance_temperature,
        tolerance_water=settings.tolerance_water,
        tolerance_ice=settings.tolerance_ice,
    )
    attributes = {f"forcing_{name}": text for name, text in forcing.attributes.items()}
    attributes |= {"case": case.name, "calendar": forcing.calendar}
    return Site(
        setup=setup,
        forcing=run,
        cycle=cycle,
        profile=initial_profile(case, setup),
        spinup=spinup,
        output="daily" if case.run.output == "none" else case.run.output,
        threads=case.run.threads,
        attributes=attributes,
    )


def observations_of(case, site: Site) -> dict[str, Observations]:
    """What was observed at a case's site: read from its file, or made by its hidden twin.

    Raises
    ------
    InputError
        When the case has no observations, or its file is bad.
    """
    if case.observations is None:
        problems = Problems()
        problems.add("the case has no observations", source=case.source, expected="a section [observations]")
        problems.raise_if_any()
    if case.observations.format == "twin":
        from lsmcal.simulate.twin import twin_observations

        settings = case.observations
        return twin_observations(site, settings.hidden, settings.depths, settings.noise, settings.seed)
    return read_observations(case.observation_spec())
