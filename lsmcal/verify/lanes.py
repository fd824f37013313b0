"""Rows of a reference table as lanes of blocks, and what our kernels leave there as outputs of the routine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lsmcal.noah.parameters.parameters import (
    URBAN_CONDUCTIVITY,
    URBAN_CSOIL,
    deficit_fields,
    freezing_fields,
    ground_kinds,
    ice_decay,
    saturation_limit,
    thermal_fields,
)
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.grid import layer_geometry
from lsmcal.verify.table import Call

#: Our field for each input whose meaning is the same in every routine.
FIELDS = {
    "STC": "temperature",
    "SMC": "water",
    "SH2O": "liquid",
    "CMC": "canopy_water",
    "T1": "skin_temperature",
    "SFCTMP": "air_temperature",
    "SFCPRS": "air_pressure",
    "Q2": "specific_humidity",
    "CH": "exchange_heat",
    "TH2": "potential_temperature",
    "PRCP": "precipitation",
    "FDOWN": "absorbed",
    "Q2SAT": "saturation_humidity",
    "DQSDT2": "saturation_slope",
    "EMISSI": "emissivity",
    "EMISSI_IN": "emissivity",
    "SNCOVR": "snow_cover",
    "SSOIL": "ground_heat",
    "SNOWNG": "snowing",
    "FRZGRA": "freezing_rain",
    "RCH": "rch",
    "RR": "rr",
    "EPSCA": "epsca",
    "PC": "plant_coefficient",
    "ETP": "potential_evaporation",
    "SHDFAC": "greenness",
    "XLAI": "leaf_area",
    "SOLAR": "shortwave",
    "SOLDN": "shortwave",
    "TOPT": "topt",
    "RSMAX": "rsmax",
    "RGL": "rgl",
    "HS": "hs",
    "RSMIN": "rs",
    "CMCMAX": "cmcmax",
    "CFACTR": "cfactr",
    "FXEXP": "fxexp",
    "SBETA": "sbeta",
    "KDT": "kdt",
    "FRZFACT": "frzx",
    "FRZX": "frzx",
    "SLOPE": "slope",
    "TBOT": "tbot",
    "YY": "yy",
    "ZZ1": "zz1",
    "DF1": "conductivity_top",
    "EDIR": "soil_evaporation",
    "EC": "canopy_evaporation",
    "ET": "transpiration",
    "RIBB": "richardson",
    "ESD": "snow_water",
    "SNEQV": "snow_water",
    "SNOWH": "snow_depth",
    "SNDENS": "snow_density",
    "FLX2": "freezing_rain_heat",
    "SNOTIME1": "snow_age",
    "SFCSPD": "wind_speed",
    "PRCPF": "rain_on_soil",
    "AKMS": "exchange_momentum",
    "AKHS": "exchange_heat",
    "SMCMAX": "evaporation_porosity",
    "SMCDRY": "evaporation_dry",
    "NROOT": "root_layers",
    "RTDIS": "root_fraction",
    "SICE": "ice",
    "AI": "lower",
    "BI": "centre",
    "CI": "upper",
}

#: Fields whose inputs another routine of the reference may have left unassigned: without plants, below the roots.
_UNASSIGNED = {"plant_coefficient", "root_fraction"}


def lanes(call: Call, arguments: str = "", /, **fields: Any) -> Blocks:
    """Blocks with one lane a row.

    Parameters
    ----------
    call : Call
    arguments : str
        Inputs to take over into the fields of :data:`FIELDS`.
    **fields
        Further fields: (rows,), (rows, layers) or scalars.
    """
    values = {FIELDS[name]: call[name] for name in arguments.split()} | fields
    for field in _UNASSIGNED & set(values):
        values[field] = np.nan_to_num(values[field], nan=0.0)
    layers = [np.shape(value)[1] for value in values.values() if np.ndim(value) == 2]
    blocks = Blocks(call.rows, max(layers, default=2))
    blocks.set(values)
    return blocks


def run(blocks: Blocks, step: Callable) -> Blocks:
    """Call ``step(layers, column)`` for every block."""
    for index in range(len(blocks.column)):
        step(blocks.layer[index], blocks.column[index])
    return blocks


def each(formula: Callable, *arguments) -> np.ndarray:
    """A scalar formula, row by row."""
    rows = np.broadcast_arrays(*arguments)
    return np.array([formula(*(float(value) for value in row)) for row in zip(*rows, strict=True)])


def collect(blocks: Blocks, columns: str = "", layers: str = "", **factors: float) -> dict[str, np.ndarray]:
    """Outputs of a routine from the fields of the blocks.

    Parameters
    ----------
    columns, layers : str
        Words ``NAME=field``: the output NAME is that field of the column or of the layers.
    **factors
        Factors on outputs.
    """
    found = {}
    for words, read in ((columns, blocks.column_field), (layers, blocks.layer_field)):
        for word in words.split():
            name, field = word.split("=")
            found[name] = read(field) * factors.get(name, 1.0)
    return found


def top_layer(values: np.ndarray) -> np.ndarray:
    """(rows,) values as a profile of two equal layers, for kernels of one layer."""
    return np.repeat(np.asarray(values, np.float64)[:, None], 2, axis=1)


def geometry(call: Call) -> dict[str, np.ndarray]:
    """Fields of the layers that only geometry enters."""
    return layer_geometry(call.thickness, call.zbot)


def heat_parameters(call: Call) -> dict[str, np.ndarray]:
    """Fields of the layers that the heat equation needs besides geometry."""
    porosity, bb = call.by_layer("SMCMAX", "MAXSMC"), call.by_layer("BEXP", "BB")
    classes = call["STYPE"].astype(int) if call.modified else np.ones(porosity.shape, int)
    kinds = ground_kinds(call.tables, classes, call.choices.thermal_conductivity)
    urban = call.urban[:, None]
    fields = thermal_fields(porosity, call.by_layer("QUARTZ", "QTZ"), kinds, guard=False)
    fields["fixed_conductivity"] = np.where(urban, URBAN_CONDUCTIVITY, fields["fixed_conductivity"])
    fields["solid_heat"] = (1.0 - porosity) * np.where(urban, URBAN_CSOIL, call["CSOIL"][:, None])
    # called directly, the reference's heat routines get the right scalars: only the whole branches carry the leak
    leak = call.leak and call.routine in ("NOPAC", "SNOPAC")
    fields |= freezing_fields(bb, call.by_layer("PSISAT", "SATPSI"), porosity, leak)
    return fields | {"porosity": porosity}


def water_parameters(call: Call) -> dict[str, np.ndarray]:
    """Fields of layers and column that the water step needs besides geometry."""
    porosity, wilting = call.by_layer("SMCMAX", "MAXSMC"), call.by_layer("SMCWLT", "WLTSMC")
    satdk, satdw = call.by_layer("DKSAT", "SATDK"), call.by_layer("DWSAT", "SATDW")
    fields = {"porosity": porosity, "bb": call.by_layer("BEXP", "BB"), "satdk": satdk, "satdw": satdw}
    fields |= ice_decay(satdk, satdw, porosity, call.choices.ice_impedance)
    fields |= deficit_fields(call.thickness, porosity, wilting, call.choices)
    by_class = call.choices.saturation_limits == "class"
    return fields | {"saturation_limit": saturation_limit(porosity[:, 0], (), by_class)}


def root_parameters(call: Call) -> dict[str, np.ndarray]:
    """Water contents between which roots take water: the scalars serve every layer."""
    shape = (call.rows, call.layers)
    return {
        "root_wilting": np.broadcast_to(call["SMCWLT"][:, None], shape),
        "root_reference": np.broadcast_to(call["SMCREF"][:, None], shape),
    }
