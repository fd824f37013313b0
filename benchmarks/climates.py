"""Synthetic workloads: columns under three climates, each block in a season of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lsmcal.inputs.synthetic.station_generator import Climate, generate
from lsmcal.noah.integrate import Drivers, integrate
from lsmcal.noah.parameters.options import PRESET_TABLES, Options, preset
from lsmcal.noah.parameters.parameters import Surroundings
from lsmcal.noah.parameters.tables import load_tables
from lsmcal.noah.runtime.blocks import Blocks, block_count
from lsmcal.noah.runtime.jit import LANES
from lsmcal.simulate.column_setup import ColumnSetup
from lsmcal.simulate.start import initialise
from lsmcal.simulate.state import InitialProfile

LAYERS = 18
STEP = 10800.0
PER_DAY = 8
_LOAM, _SANDY_LOAM, _GRAVEL, _BEDROCK = 7, 9, 13, 14
_GRASSLAND, _MIXED_FOREST = 7, 15


@dataclass(frozen=True)
class Place:
    """A climate, the ground and the plants under it."""

    climate: Climate
    soil: tuple[int, ...]
    vegetation: int
    dense: bool
    tbot: float
    wetness: float


#: cold: permafrost, frozen all year below a thin active layer, layers of three kinds of ground; warm: no frost, wet;
#: snowy: half a year of snow over ground that freezes and thaws.
PLACES = {
    "cold": Place(
        Climate(mean_temperature=265.5),
        (_SANDY_LOAM,) * 5 + (_GRAVEL,) * 6 + (_BEDROCK,) * 7,
        _GRASSLAND,
        dense=False,
        tbot=268.0,
        wetness=0.7,
    ),
    "warm": Place(
        Climate(elevation=100.0, mean_temperature=294.0, annual_range=14.0, precipitation=1300.0, wet_days=0.4),
        (_LOAM,) * LAYERS,
        _GRASSLAND,
        dense=True,
        tbot=294.0,
        wetness=0.7,
    ),
    "snowy": Place(
        Climate(
            latitude=62.0,
            elevation=300.0,
            mean_temperature=272.0,
            annual_range=30.0,
            precipitation=700.0,
            summer_share=0.0,
            wet_days=0.45,
        ),
        (_SANDY_LOAM,) * LAYERS,
        _MIXED_FOREST,
        dense=True,
        tbot=274.0,
        wetness=0.7,
    ),
}


@dataclass
class Workload:
    """Columns ready to run.

    Attributes
    ----------
    blocks : Blocks
        Their start; copy before running.
    drivers : Drivers
    options : Options
    """

    blocks: Blocks
    drivers: Drivers
    options: Options = field(repr=False)

    @property
    def column_steps(self) -> int:
        """Number of steps times number of columns."""
        return len(self.drivers) * self.blocks.columns


class Year:
    """One block of columns that differ in air temperature, spun up under a climate of one year.

    Parameters
    ----------
    name : str
        Key of :data:`PLACES`.
    preset_name : str
        Preset of the model's options and tables.
    spinup_days : int
        Days of spin-up from 1 January; less than a year for a quick look.
    """

    def __init__(self, name: str, preset_name: str, spinup_days: int = 365):
        place = PLACES[name]
        choices = preset(preset_name)
        tables = load_tables(**PRESET_TABLES[preset_name])
        around = Surroundings(tbot=place.tbot, dense=place.dense)
        self.setup = ColumnSetup(tables, choices, np.array(place.soil), place.vegetation, around)
        self.options = choices.kernel_options()
        self.forcing = generate(place.climate, (2001, 2001), seed=1, step=STEP)
        self.shared = self.setup.drivers(self.forcing)
        self.blocks = self._start(place)
        # the first lane, which stands for a column alone, has the climate's own temperature
        self.warmer = np.concatenate([[0.0], np.linspace(-1.5, 1.5, LANES - 1)]) if LANES > 1 else np.zeros(1)
        integrate(self.blocks, self.part(0, spinup_days * PER_DAY), self.options)

    def _start(self, place: Place) -> Blocks:
        blocks = Blocks(LANES, self.setup.thickness.size)
        blocks.set(self.setup.parameter_fields({}))
        profile = InitialProfile(surface_mean=place.climate.mean_temperature + 1.0, saturation=place.wetness)
        first = self.forcing.values
        initialise(blocks, self.setup, profile, first["air_temperature"][0], first["specific_humidity"][0])
        return blocks

    def part(self, first: int, steps: int) -> Drivers:
        """Forcing of ``steps`` steps from step ``first``, going round the year."""
        shared = self.shared
        index = (first + np.arange(steps)) % len(self.forcing)
        forcing = np.repeat(shared.forcing[:, index], LANES, axis=3)
        forcing[:, :, 0] += self.warmer
        phenology = shared.phenology[:, shared.phenology_row[index]]
        return Drivers(np.ascontiguousarray(forcing), np.ascontiguousarray(phenology), np.arange(steps), STEP)


def workload(year: Year, columns: int, least_steps: int) -> Workload:
    """Columns whose blocks begin at times spread over the year, in the state the year has brought them to.

    Parameters
    ----------
    year : Year
    columns : int
    least_steps : int
        Steps to run at least; few blocks run longer, so that together they pass through the whole year.
    """
    count = block_count(columns)
    whole = len(year.forcing)
    steps = max(least_steps, min(whole // count, 12 * least_steps))
    starts = np.arange(count) * whole // count
    blocks, walker, drivers, at = Blocks(columns, LAYERS), year.blocks.copy(), [], 0
    for b, start in enumerate(starts):
        if start > at:
            integrate(walker, year.part(at, start - at), year.options)
            at = start
        blocks.column[b], blocks.layer[b] = walker.column[0], walker.layer[0]
        drivers.append(year.part(start, steps))
    forcing = np.concatenate([part.forcing for part in drivers])
    phenology = np.concatenate([part.phenology for part in drivers])
    return Workload(blocks, Drivers(forcing, phenology, np.arange(steps), STEP), year.options)
