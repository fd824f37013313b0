"""Every internal term of a run on chosen days, for finding out why the model does what it does."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.errors import Problems
from lsmcal.noah.runtime.state import COLUMN_STATE, COLUMN_WORK, FORCING, LAYER_STATE, LAYER_WORK, LEDGER, PHENOLOGY
from lsmcal.noah.statistics import Series
from lsmcal.simulate.advance import advance
from lsmcal.simulate.site import Site

#: Every variable of a column and of a layer that changes in time, with unit and meaning.
COLUMN_TERMS = (*FORCING, *PHENOLOGY, *COLUMN_STATE, *COLUMN_WORK, *LEDGER)
LAYER_TERMS = (*LAYER_STATE, *LAYER_WORK)


@dataclass(frozen=True)
class Inspection:
    """All terms of the steps of chosen days.

    Parameters
    ----------
    time : (n,) datetime64[s]
        Start of each step, on the clock of the forcing's source.
    column : dict
        Name to (n,) array.
    layer : dict
        Name to (n, nz) array.
    depth : (nz,) array
        Node depths [m].
    step : float
        Length of a step [s].
    """

    time: np.ndarray
    column: dict[str, np.ndarray]
    layer: dict[str, np.ndarray]
    depth: np.ndarray
    step: float

    def unit(self, name: str) -> str:
        """Unit of a term."""
        return next(field.unit for field in (*COLUMN_TERMS, *LAYER_TERMS) if field.name == name)

    def budget(self) -> dict[str, dict[str, float]]:
        """Mean energy [W m-2] and water [mm per day] budget over the inspected steps; the terms sum to zero."""
        mean = {name: float(values.mean()) for name, values in self.column.items()}
        energy = {
            "absorbed radiation": mean["absorbed"],
            "emitted radiation": -(self.column["emissivity"] * 5.67e-8 * self.column["skin_temperature"] ** 4).mean(),
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
        When a day is outside the run.
    RunFailed
        When the column goes non-finite.
    """
    wanted = np.array([np.datetime64(day, "D") for day in days])
    have = site.forcing.local_days
    problems = Problems()
    for day in wanted[~np.isin(wanted, have)]:
        problems.add("day is outside the run", variable="day", value=day, expected=f"{have[0]} to {have[-1]}")
    problems.raise_if_any()
    columns = site.columns([parameters or {}])
    if spin_up:
        site.spin_up(columns)
    else:
        site.start(columns)
    chosen = np.isin(have, wanted)
    last = int(np.flatnonzero(chosen)[-1]) + 1
    row = np.full(len(site.forcing), -1)
    row[chosen] = np.arange(chosen.sum())
    names = [field.name for field in COLUMN_TERMS], [field.name for field in LAYER_TERMS]
    series = Series(columns.blocks, row, column=names[0], layer=names[1])
    advance(columns, site.stretch(site.forcing).part(0, last), series=series)
    local = calendars.shift(site.forcing.time, 3600.0 * site.forcing.time_zone_hours, site.forcing.calendar)
    return Inspection(
        time=local[chosen],
        column={name: series.column_mean(name)[0] for name in names[0]},
        layer={name: series.layer_mean(name)[0] for name in names[1]},
        depth=site.depth,
        step=site.forcing.step / site.substeps,
    )


def write_figures(inspection: Inspection, folder: str | os.PathLike) -> list[Path]:
    """Figures of the inspected steps: the surface energy balance through time, and the profile.

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
        "inspect-energy.png": energy_of_days(inspection.time, inspection.column),
        "inspect-profile.png": profile_of_days(inspection.depth, layer["temperature"], layer["liquid"], layer["water"]),
    }
    for name, figure in figures.items():
        (folder / name).write_bytes(to_png(figure))
    return [folder / name for name in figures]
