"""A mixed crowd of columns: soils, plants, snow, ice, exchange schemes and weather differ from one to the next.

Everything about column ``i`` follows from ``i`` alone, so that any selection of columns can be built by itself.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from lsmcal.inputs.station.forcing import FORCING_VARIABLES
from lsmcal.inputs.synthetic.station_generator import Climate, generate
from lsmcal.noah.integrate import Drivers, integrate
from lsmcal.noah.parameters.options import preset
from lsmcal.noah.parameters.parameters import Surroundings, column_parameters
from lsmcal.noah.parameters.tables import load_tables
from lsmcal.noah.runtime.blocks import Blocks, block_count
from lsmcal.noah.runtime.jit import LANES
from lsmcal.noah.runtime.state import NAMES

THICKNESS = np.array([0.05, 0.1, 0.2, 0.4, 0.75, 1.5])
LAYERS = len(THICKNESS)
STEP = 10800.0
CHOICES = preset("ji2026")
OPTIONS = CHOICES.kernel_options()
STEPS = 120
_PLANTS = (7, 8, 19, 10, 14, 2, 22)
#: What the process that compiles runs, and where its bits are kept, beside the kernels.
COMPILED = range(40)
#: NumPy makes weather and parameters; its versions differ in the last bits on some processors.
COMPILED_BITS = f"bits-of-the-compiling-process-numpy-{np.__version__}.json"
COMPILED_COMMAND = [sys.executable, "-m", "tests.invariance.columns", str(STEPS), *map(str, COMPILED)]


def parameters(index: np.ndarray) -> dict[str, np.ndarray]:
    """Parameter fields of the chosen columns."""
    tables = load_tables("noahtibet", "usgs", "ji2026")
    soil = 1 + (index[:, None] * 5 + np.arange(LAYERS) // 2) % 14
    plants = np.array([_PLANTS[i % len(_PLANTS)] for i in index])
    around = Surroundings(
        tbot=268.0 + 0.13 * index, dense=index % 3 == 0, slope_class=1 + index % 7, height_wind=10.0 - 4.0 * (index % 2)
    )
    fields = column_parameters(tables, THICKNESS, soil, plants, around, CHOICES)
    return fields | {"exchange_scheme": (index % 3).astype(float)}


def state(index: np.ndarray) -> dict[str, np.ndarray]:
    """State at the start: frozen and thawed layers, every third column under snow."""
    depth = np.arange(LAYERS)
    temperature = 271.0 + 4.0 * np.sin(0.7 * index[:, None] + 0.9 * depth)
    water = parameters(index)["porosity"] * (0.30 + 0.35 * (1.0 + np.cos(1.3 * index[:, None] + depth)))
    snow = np.where(index % 3 == 1, 0.002 * (1 + index % 11), 0.0)
    return {
        "temperature": temperature,
        "water": water,
        "liquid": np.where(temperature < 273.0, 0.3 * water, water),
        "skin_temperature": temperature[:, 0],
        "snow_water": snow,
        "snow_depth": snow / 0.2,
        "exchange_heat": np.full(len(index), 1e-2),
        "exchange_momentum": np.full(len(index), 1e-2),
        "albedo": np.full(len(index), 0.2),
        "emissivity": np.full(len(index), 0.95),
        "roughness": np.full(len(index), 0.02),
        "roughness_background": np.full(len(index), 0.02),
        "surface_humidity": np.full(len(index), 2e-3),
    }


def columns(index) -> Blocks:
    """The chosen columns at their start."""
    index = np.asarray(index)
    blocks = Blocks(len(index), LAYERS)
    blocks.set(parameters(index))
    blocks.set(state(index))
    return blocks


def spring_weather(steps: int) -> np.ndarray:
    """Weather of a plateau spring around freezing with plenty of snow and rain, (steps, 8)."""
    climate = Climate(mean_temperature=275.5, annual_range=10.0, precipitation=1500.0, summer_share=0.0)
    forcing = generate(climate, (2001, 2001), seed=11)
    return np.stack([forcing.values[name] for name in FORCING_VARIABLES], axis=1)[90 * 8 : 90 * 8 + steps]


def drivers(index, steps: int) -> Drivers:
    """Weather of each column: the spring, warmer by a column's own difference; greenness 0.3."""
    index = np.asarray(index)
    weather = np.repeat(spring_weather(steps)[None], len(index), axis=0)
    weather[:, :, 0] += 5.0 * np.sin(1.0 * index)[:, None]
    weather[:, :, 6] *= 1.0 + 0.3 * np.cos(index)[:, None]
    lanes = np.arange(block_count(len(index)) * LANES)
    lanes = np.where(lanes < len(index), lanes, (len(index) - 1) // LANES * LANES)
    by_block = weather[lanes].reshape(-1, LANES, steps, len(FORCING_VARIABLES)).transpose(0, 2, 3, 1)
    phenology = np.array([0.3, -1.0, -1.0]).reshape(1, 1, 3, 1)
    return Drivers(np.ascontiguousarray(by_block), phenology, np.zeros(steps, np.int64), STEP)


def state_of(blocks: Blocks) -> dict[str, np.ndarray]:
    """All state fields."""
    return blocks.get(NAMES["column_state"], NAMES["layer_state"])


def run(index, steps: int, **options) -> Blocks:
    """The chosen columns after so many steps."""
    blocks = columns(index)
    integrate(blocks, drivers(index, steps), OPTIONS, **options)
    return blocks


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[2:]]
    found = state_of(run(numbers, int(sys.argv[1])))
    json.dump({"lanes": LANES} | {name: values.tolist() for name, values in found.items()}, sys.stdout)
