"""Every internal term of a run on chosen days, for finding out why the model does what it does."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.errors import Problems
from lsmcal.core.files import write_bytes
from lsmcal.noah.physics.constants import SIGMA
from lsmcal.noah.runtime.state import (
    COLUMN_STATE,
    COLUMN_WORK,
    FORCING,
    LAYER_STATE,
    LAYER_WORK,
    LEDGER,
    PHENOLOGY,
    Field,
)
from lsmcal.noah.statistics import Series
from lsmcal.simulate.advance import advance
from lsmcal.simulate.site import Site

#: Every variable of a column that changes in time, with unit and meaning, by what it is.
COLUMN_GROUPS = {
    "weather": FORCING,
    "vegetation of the day": PHENOLOGY,
    "state": COLUMN_STATE,
    "computed in the step": COLUMN_WORK,
    "closure of the budgets": LEDGER,
}
COLUMN_TERMS = tuple(field for group in COLUMN_GROUPS.values() for field in group)
#: Every variable of a layer that changes in time.
LAYER_TERMS = (*LAYER_STATE, *LAYER_WORK)
#: Ending of the name of a term of the layers where the column has one of the same name.
BY_LAYER = " by layer"
_COLUMN = {field.name: field for field in COLUMN_TERMS}
_LAYER = {field.name + BY_LAYER * (field.name in _COLUMN): field for field in LAYER_TERMS}
_FIELDS = {**_COLUMN, **_LAYER}
#: Meaning of terms whose own is a name in the reference code (surface energy balance after Mahrt and Ek 1984).
_MEANINGS = {
    "rr": "1 + conductance of emitted radiation and of rain over that of turbulence (RR)",
    "rch": "conductance of turbulence between surface and air for sensible heat (RCH)",
    "epsca": "latent heat of potential evaporation over rch (EPSCA)",
    "yy": "surface temperature if no heat went into the soil; under snow, that of its base (YY)",
    "zz1": "1 + conductance into the soil over that into the air; 1 under snow (ZZ1)",
}
#: What the meaning of a term says that may be left to the model; it is negative then.
_ABSENT = "; negative where"


@dataclass(frozen=True)
class Inspection:
    """All terms of the steps of chosen days.

    Parameters
    ----------
    time : (n,) datetime64[s]
        Start of each step, on the clock of the forcing's source.
    column : dict
        Name to (n,) array; NaN where a term is not given.
    layer : dict
        Name to (n, nz) array.
    depth : (nz,) array
        Node depths [m].
    step : float
        Length of a step of the model [s].
    clock : float
        Hours by which the clock of the forcing's source is ahead of UTC.
    """

    time: np.ndarray
    column: dict[str, np.ndarray]
    layer: dict[str, np.ndarray]
    depth: np.ndarray
    step: float
    clock: float = 0.0

    @property
    def days(self) -> np.ndarray:
        """The days, datetime64[D]."""
        return np.unique(self.time.astype("datetime64[D]"))

    def of_day(self, day: np.datetime64) -> Inspection:
        """The steps of one day."""
        chosen = self.time.astype("datetime64[D]") == day
        column = {name: values[chosen] for name, values in self.column.items()}
        layer = {name: values[chosen] for name, values in self.layer.items()}
        return replace(self, time=self.time[chosen], column=column, layer=layer)

    def series(self) -> dict[str, np.ndarray]:
        """All terms by name, (n,) and (n, nz) arrays; one that column and layers share ends on :data:`BY_LAYER`."""
        return {**self.column, **{name + BY_LAYER * (name in self.column): v for name, v in self.layer.items()}}

    def unit(self, name: str) -> str:
        """Unit of a term."""
        return _FIELDS[name].unit

    def meaning(self, name: str) -> str:
        """What a term is."""
        meaning = _MEANINGS.get(name) or _FIELDS[name].meaning
        return meaning.partition(_ABSENT)[0]

    def budget(self) -> dict[str, dict[str, float]]:
        """Mean energy [W m-2] and water [mm per day] budget over the inspected steps.

        What the surface or the column gains is positive; the terms of each sum to zero.
        """
        mean = {name: float(values.mean()) for name, values in self.column.items()}
        energy = {
            "absorbed radiation": mean["absorbed"],
            "emitted radiation": -(self.column["emissivity"] * SIGMA * self.column["skin_temperature"] ** 4).mean(),
            "sensible heat": -mean["sensible_heat"],
            "latent heat": -mean["latent_heat"],
            "ground heat": -mean["ground_heat"],
            "precipitation heat": -mean["precipitation_heat"],
            "freezing rain": -mean["freezing_rain_heat"],
            "snow melt": -mean["melt_heat"],
            "residual": -mean["energy_surface"],
        }
        day, metre = 86400.0, 1000.0 * 86400.0
        water = {
            "precipitation": mean["precipitation"] * day,
            "evaporation": -mean["evaporation"] * day,
            "surface runoff": -mean["surface_runoff"] * metre,
            "drainage": -(mean["drainage"] + mean["overflow"] / self.step) * metre,
            "known leaks": mean["water_known"] * day,
        }
        water["storage"] = -sum(water.values())
        return {"energy [W m-2]": energy, "water [mm d-1]": water}


def inspect(
    site: Site, days: Sequence[str], parameters: Mapping[str, float] | None = None, *, spin_up: bool = True
) -> Inspection:
    """Run to the last of the chosen days and keep every internal term of their steps.

    Parameters
    ----------
    site : Site
    days : sequence of ISO dates
        On the clock of the forcing's source.
    parameters : parameter set, optional
    spin_up : bool
        Do the site's spin-up first.

    Returns
    -------
    Inspection

    Raises
    ------
    InputError
        When no day is given, or one is outside the run.
    RunFailed
        When the run becomes non-finite before the last of the days is over.
    """
    days_of_steps = site.forcing.local_days
    wanted = _checked(days, days_of_steps)
    columns = site.columns([parameters or {}])
    if spin_up:
        site.spin_up(columns)
    else:
        site.start(columns)
    chosen = np.isin(days_of_steps, wanted)
    last = int(np.flatnonzero(chosen)[-1]) + 1
    row = np.full(len(site.forcing), -1)
    row[chosen] = np.arange(chosen.sum())
    names = [field.name for field in COLUMN_TERMS], [field.name for field in LAYER_TERMS]
    series = Series(columns.blocks, row, column=names[0], layer=names[1])
    # in the pieces of a run, so that interpolated weather is cut where the run cuts it
    advance(columns, site.stretch(site.forcing).part(0, last), series=series, steps_at_once=site.steps_at_once)
    local = calendars.shift(site.forcing.time, 3600.0 * site.forcing.time_zone_hours, site.forcing.calendar)
    return Inspection(
        time=local[chosen],
        column={field.name: _given(field, series.column_mean(field.name)[0]) for field in COLUMN_TERMS},
        layer={name: series.layer_mean(name)[0] for name in names[1]},
        depth=site.depth,
        step=site.forcing.step / site.substeps,
        clock=site.forcing.time_zone_hours,
    )


def _given(field: Field, values: np.ndarray) -> np.ndarray:
    """Values of a term of the column, NaN where the model decides."""
    return np.where(values < 0.0, np.nan, values) if _ABSENT in field.meaning else values


def _checked(days: Sequence[str], days_of_steps: np.ndarray) -> np.ndarray:
    """The days asked for; InputError if there are none, or for those without a step."""
    wanted, problems = np.array([np.datetime64(day, "D") for day in days], "datetime64[D]"), Problems()
    have = f"{days_of_steps[0]} to {days_of_steps[-1]}"
    if not wanted.size:
        problems.add("no day is given", variable="--day", expected=f"one or more days of the run, {have}")
    for day in wanted[~np.isin(wanted, days_of_steps)]:
        problems.add(
            "the run does not have this day", variable="--day", value=day, expected=f"a day of the run, {have}"
        )
    problems.raise_if_any()
    return wanted


def check_terms(names: Sequence[str]) -> None:
    """Refuse names of no term, with the nearest that exist.

    Raises
    ------
    InputError
        With every unknown name.
    """
    problems = Problems()
    for name in names:
        if name not in _FIELDS:
            near = get_close_matches(name, _FIELDS, n=3, cutoff=0.5)
            expected = ", ".join(near) or "one of those that are printed without --term"
            problems.add("unknown term", source="--term", value=name, expected=expected)
    problems.raise_if_any()


def write_inspection_figures(inspection: Inspection, folder: str | os.PathLike) -> list[Path]:
    """Figures of the inspected steps: the surface energy balance through time, and the profiles.

    Parameters
    ----------
    inspection : Inspection
    folder : path

    Returns
    -------
    list of Path
        ``inspect-energy.png`` and ``inspect-profile.png``.
    """
    from lsmcal.figures.budget import energy_of_days, profile_of_days
    from lsmcal.figures.style import to_png

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    layer = inspection.layer
    figures = {
        "inspect-energy.png": energy_of_days(inspection.time, inspection.column, inspection.clock),
        "inspect-profile.png": profile_of_days(
            inspection.time, inspection.depth, layer["temperature"], layer["liquid"], layer["water"]
        ),
    }
    for name, figure in figures.items():
        write_bytes(folder / name, to_png(figure))
    return [folder / name for name in figures]
