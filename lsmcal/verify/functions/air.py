"""Routines of air, surface exchange and potential evaporation, composed from our kernels."""

from __future__ import annotations

import numpy as np

from lsmcal.noah.parameters.parameters import exchange_scheme
from lsmcal.noah.physics.atmosphere import air_density, air_properties, potential_temperature, virtual_factor
from lsmcal.noah.physics.exchange import STABILITY_TABLES, exchange_coefficients
from lsmcal.noah.physics.surface import fourth_power, penman
from lsmcal.verify.lanes import collect, each, lanes, run
from lsmcal.verify.table import Call

Outputs = dict[str, np.ndarray]


def calhum(call: Call) -> Outputs:
    """Saturation humidity and its slope."""
    blocks = run(lanes(call, "SFCTMP SFCPRS"), lambda layers, column: air_properties(column))
    return collect(blocks, "Q2SAT=saturation_humidity DQSDT2=saturation_slope")


def caltmp(call: Call) -> Outputs:
    """Potential and virtual temperatures, air density."""
    factor = each(virtual_factor, call["Q2"])
    potential = each(potential_temperature, call["SFCTMP"], call["ZLVL"])
    return {
        "TH2": potential,
        "T1V": call["T1"] * factor,
        "TH2V": potential * factor,
        "RHO": each(air_density, call["SFCPRS"], call["SFCTMP"], call["Q2"]),
    }


def penman_table(call: Call) -> Outputs:
    """Potential evaporation. The virtual temperature T2V follows from our own air temperature and humidity."""
    arguments = "SFCTMP SFCPRS CH TH2 PRCP FDOWN SSOIL Q2 Q2SAT SNOWNG FRZGRA DQSDT2 EMISSI_IN SNCOVR"
    blocks = run(lanes(call, arguments), lambda layers, column: penman(column))
    outputs = collect(blocks, "ETP=potential_evaporation RCH=rch EPSCA=epsca RR=rr FLX2=freezing_rain_heat")
    return outputs | {"T24": each(fourth_power, call["SFCTMP"])}


def _coefficients(call: Call, scheme: str, **fields):
    """Run the exchange of the released model with a scheme for all rows."""
    blocks = lanes(call, exchange_scheme=exchange_scheme(scheme, np.zeros(call.rows, bool)), **fields)
    options = call.choices.kernel_options()._replace(stable_capped=False, heat_limit=False)
    return run(blocks, lambda layers, column: exchange_coefficients(column, STABILITY_TABLES, options))


def _czil(call: Call) -> np.ndarray:
    """CZIL, negative where it follows from the roughness."""
    from_roughness = (call["IZ0TLND"] == 1) & ~call.urban
    return np.where(from_roughness, -1.0, call["CZIL"])


def _old_coefficients(call: Call) -> dict[str, np.ndarray]:
    return {"exchange_heat": call["AKHS"], "exchange_momentum": call["AKMS"]}


def sfcdif_off(call: Call) -> Outputs:
    """Chen et al. 1997 with one height or two; its temperatures are virtual ones, hence dry air here."""
    two = "ZLM_WIND" in call
    fields = {
        "height_temperature": call["ZLM"],
        "height_wind": call["ZLM_WIND"] if two else call["ZLM"],
        "czil": _czil(call) if two else call["CZIL"],
        "roughness": call["Z0"],
        "skin_temperature": call["THZ0"],
        "potential_temperature": call["THLM"],
        "wind_speed": call["SFCSPD"],
    }
    blocks = _coefficients(call, "chen97", **fields, **_old_coefficients(call))
    return collect(blocks, "AKMS=exchange_momentum AKHS=exchange_heat")


def sfcdif_myj(call: Call) -> Outputs:
    """Mellor-Yamada-Janjic."""
    fields = {
        "height_temperature": call["ZSL"],
        "height_wind": call["ZSL_WIND"],
        "roughness": call["Z0"],
        "roughness_background": call["Z0BASE"],
        "air_pressure": call["SFCPRS"],
        "skin_temperature": call["TZ0"],
        "air_temperature": call["TLOW"],
        "surface_humidity": call["QZ0"],
        "specific_humidity": call["QLOW"],
        "wind_speed": call["SFCSPD"],
        "czil": _czil(call),
    }
    blocks = _coefficients(call, "mellor-yamada-janjic", **fields, **_old_coefficients(call))
    return collect(blocks, "RIB=richardson AKMS=exchange_momentum AKHS=exchange_heat")


def sfcdif_y08(call: Call) -> Outputs:
    """Yang et al. 2008 in its released form."""
    fields = {
        "roughness": call["Z0M"],
        "height_wind": call["ZM"],
        "height_temperature": call["ZH"],
        "wind_speed": call["WSPD1"],
        "skin_temperature": call["TSFC"],
        "air_temperature": call["TAIR"],
        "specific_humidity": call["QAIR"],
        "air_pressure": call["PSFC"],
    }
    blocks = _coefficients(call, "yang2008", **fields)
    return collect(blocks, "CHH=exchange_heat RIBBB=richardson")


ROUTINES = {
    "CALHUM": calhum,
    "CALTMP": caltmp,
    "PENMAN": penman_table,
    "SFCDIF_OFF": sfcdif_off,
    "SFCDIF_OFF_SD": sfcdif_off,
    "SFCDIF_MYJ": sfcdif_myj,
    "SFCDIF_MYJ_Y08": sfcdif_y08,
}
