"""Snow routines, composed from our formulas."""

from __future__ import annotations

import numpy as np

from lsmcal.noah.physics import snow
from lsmcal.verify.lanes import each
from lsmcal.verify.table import Call

Outputs = dict[str, np.ndarray]


def alcalc(call: Call) -> Outputs:
    """Albedo with age and emissivity under snow."""
    age = each(snow.next_snow_age, call["SNOTIME1"], call["SNOWNG"], call["DT"])
    return {
        "SNOTIME1": age,
        "ALBEDO": each(snow.albedo_with_snow, call["ALB"], call["SNCOVR"], call["SNOALB"], call["LVCOEF"], age),
        "EMISSI": each(snow.emissivity_with_snow, call["EMBRD"], call["SNCOVR"]),
    }


def csnow(call: Call) -> Outputs:
    """Conductivity of snow."""
    return {"SNCOND": each(snow.snow_conductivity, call["DSNOW"])}


def snow_new(call: Call) -> Outputs:
    """Depth and density with new snow."""
    fresh = each(snow.new_snow_density, call["TEMP"])
    depth = call["NEWSN"] / fresh
    density = each(snow.density_with_new_snow, call["SNOWH"], call["SNDENS"], depth, fresh)
    return {"SNDENS": density, "SNOWH": call["SNOWH"] + depth}


def snfrac(call: Call) -> Outputs:
    """Snow cover, before it is limited."""
    return {"SNCOVR": each(snow.snow_cover_fraction, call["SNEQV"], call["SNUP"], call["SALP"])}


def snowz0(call: Call) -> Outputs:
    """Roughness under snow."""
    return {"Z0": each(snow.snow_roughness, call["SNCOVR"], call["Z0BRD"], call["SNOWH"])}


def snowpack(call: Call) -> Outputs:
    """Compaction."""
    arguments = (call[name] for name in ("ESD", "SNDENS", "TSNOW", "TSOIL", "DTSEC"))
    density = each(snow.compacted_density, *arguments)
    return {"SNDENS": density, "SNOWH": call["ESD"] / density}


ROUTINES = {
    "ALCALC": alcalc,
    "CSNOW": csnow,
    "SNOW_NEW": snow_new,
    "SNFRAC": snfrac,
    "SNOWZ0": snowz0,
    "SNOWPACK": snowpack,
}
