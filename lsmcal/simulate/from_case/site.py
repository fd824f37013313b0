"""From a case to a site: weather, column, start and spin-up."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from lsmcal.case import Column, column_of
from lsmcal.core.checksums import ATTRIBUTE, READ_ERRORS, look_at_netcdf
from lsmcal.core.errors import InputError, Problems, not_none
from lsmcal.inputs.station.forcing import Forcing
from lsmcal.inputs.station.read import read_forcing
from lsmcal.noah.parameters.parameters import Surroundings
from lsmcal.simulate.column_setup import ColumnSetup
from lsmcal.simulate.spinup.spinup import SpinUp
from lsmcal.simulate.state import InitialProfile, regrid

log = logging.getLogger(__name__)


def column_setup(case, column: Column) -> ColumnSetup:
    """The column a case describes; ``column`` is its ground with the tables looked up."""
    site = case.site
    around = Surroundings(
        tbot=column.tbot,
        zbot=site.zbot,
        dense=site.cover == "dense",
        height_temperature=site.height_temperature,
        height_wind=site.height_wind,
        snow_albedo=column.snow_albedo,
        greenness_min=site.greenness_min,
        greenness_max=site.greenness_max,
        slope_class=site.slope_class,
    )
    return ColumnSetup(
        tables=column.tables,
        choices=case.choices(),
        soil=column.soil,
        vegetation=column.vegetation,
        around=around,
        thickness=column.thickness,
        column_soil=column.column_soil,
        greenness=site.greenness,
        albedo=site.albedo,
        leaf_area=site.leaf_area,
        substeps=case.model.substeps,
        linear=case.model.forcing_between_steps == "linear",
    )


def read_weather(case) -> tuple[Forcing, Forcing, Forcing]:
    """Forcing of a case: all of it, of the run, of the spin-up cycle.

    Raises
    ------
    InputError
        When files are bad, or hold no step of the run or of the spin-up.
    """
    forcing = read_forcing(case.forcing_spec())
    problems = Problems()
    have = f"{forcing.local_days[0]} to {forcing.local_days[-1]}"
    run = forcing.between(case.run.start, case.run.end)
    first, last = case.spinup_period(forcing.local_days[0])
    cycle = forcing.between(first, last) if first or last else run
    _check_cover(forcing, case.run.start, case.run.end, "run", problems, have)
    _check_cover(forcing, first, last, "spinup", problems, have)
    for name, part in (("run", run), ("spinup", cycle)):
        if not len(part):
            problems.add(f"the forcing has no step within the {name}", source=name, expected=f"days within {have}")
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


def initial_profile(case, column: Column) -> InitialProfile:
    """Where the column starts."""
    initial = case.initial
    surface_names = ("skin_temperature", "canopy_water", "snow_water", "snow_depth")
    surface = {name: getattr(initial, name) for name in surface_names}
    if initial.source == "noah-text":
        return _noah_text_profile(case, column.thickness, surface)
    if initial.source == "file":
        return _file_profile(case.initial_file(), column.thickness)
    given = initial.source == "profile"
    return InitialProfile(
        temperature=column.temperature if given else None,
        water=column.water if given else None,
        liquid=column.liquid if given else None,
        surface_mean=initial.surface_mean,
        saturation=initial.saturation,
        **surface,
    )


def _noah_text_profile(case, thickness: np.ndarray, surface: dict) -> InitialProfile:
    from lsmcal.inputs.station.noah_text import read_noah_text

    problems = Problems()
    text = read_noah_text(Path(case.initial_file()), problems)
    problems.raise_if_any()
    settings = not_none(text).settings
    source = np.asarray(settings.soil_layer_thickness)
    return InitialProfile(
        temperature=regrid(np.asarray(settings.soil_temperature), source, thickness),
        water=regrid(np.asarray(settings.soil_moisture), source, thickness),
        liquid=regrid(np.asarray(settings.soil_liquid), source, thickness),
        skin_temperature=surface["skin_temperature"] or settings.skin_temperature,
        canopy_water=settings.canopy_water,
        snow_water=settings.snow_equivalent,
        snow_depth=settings.snow_depth,
    )


def _file_profile(path, onto: np.ndarray) -> InitialProfile:
    """Profile of the end of an earlier run, brought to this column's layers."""
    from lsmcal.simulate.output.run import read_state

    problems = Problems()
    found = look_at_netcdf(Path(path))
    if found.checked and found.damage:
        problems.add(
            "was damaged, or changed, since it was written: the checksum is wrong",
            source=str(path),
            expected=f"the file as it was written; of one changed on purpose, remove the attribute {ATTRIBUTE}",
        )
        problems.raise_if_any()
    try:
        state, thickness = read_state(path)
    except READ_ERRORS as error:
        reason = getattr(error, "strerror", None) or error
        problems.add(f"cannot be read as the output of a run ({reason})", source=str(path), expected="a run.nc")
        raise InputError(problems.found) from None
    return InitialProfile(
        temperature=regrid(state["temperature"][0], thickness, onto),
        water=regrid(state["water"][0], thickness, onto),
        liquid=regrid(state["liquid"][0], thickness, onto),
        skin_temperature=float(state["skin_temperature"][0]),
        canopy_water=float(state["canopy_water"][0]),
        snow_water=float(state["snow_water"][0]),
        snow_depth=float(state["snow_depth"][0]),
    )


def ground_and_weather(case) -> tuple[Column, Forcing, Forcing]:
    """Ground of a case's site, the forcing of its run, and that of its spin-up cycle.

    Raises
    ------
    InputError
        With every problem of both.
    """
    problems, column, weather = Problems(), None, None
    try:
        column = column_of(case)
    except InputError as error:
        problems.extend(error)
    try:
        weather = read_weather(case)
    except InputError as error:
        problems.extend(error)
    problems.raise_if_any()
    forcing, run, cycle = not_none(weather)
    for note in forcing.attributes.items():
        log.info("forcing: %s: %s", *note)
    return not_none(column), run, cycle


def spin_up_of(case) -> SpinUp:
    """How a case's column is brought to equilibrium."""
    return SpinUp(**{name: getattr(case.spinup, name) for name in SpinUp.__dataclass_fields__})
