"""Routines of evaporation and canopy resistance, composed from our kernels. Water fluxes here are in m s-1."""

from __future__ import annotations

import numpy as np

from lsmcal.noah.parameters.parameters import root_fields
from lsmcal.noah.physics.canopy import canopy_resistance, evaporation, soil_evaporation
from lsmcal.verify.lanes import collect, each, lanes, root_parameters, run
from lsmcal.verify.table import Call

Outputs = dict[str, np.ndarray]

RESISTANCE = (
    "RC=canopy_resistance PC=plant_coefficient RCS=stress_radiation RCT=stress_temperature RCQ=stress_humidity "
    "RCSOIL=stress_water"
)
EVAPORATION = "EDIR=soil_evaporation EC=canopy_evaporation ETT=transpiration"


def canres(call: Call) -> Outputs:
    """Canopy resistance; SMC is liquid water here."""
    roots = call["NROOT"].astype(int)
    fields = root_fields(call.thickness, roots, call["SMCWLT"][:, None], call["SMCREF"][:, None])
    arguments = "SOLAR CH SFCTMP Q2 SFCPRS RSMIN NROOT Q2SAT DQSDT2 TOPT RSMAX RGL HS XLAI EMISSI"
    blocks = lanes(call, arguments, liquid=call["SMC"], greenness=1.0, **fields)
    return collect(run(blocks, canopy_resistance), RESISTANCE)


def devap(call: Call) -> Outputs:
    """Direct evaporation from soil."""
    names = ("ETP1", "SHDFAC", "SMC", "SMCDRY", "SMCMAX", "FXEXP")
    return {"EDIR": each(soil_evaporation, *(call[name] for name in names))}


def _evaporated(call: Call, arguments: str, dt: float, **fields):
    blocks = lanes(call, arguments, potential_evaporation=1000.0 * call["ETP1"], **fields, **root_parameters(call))
    return run(blocks, lambda layers, column: evaporation(layers, column, dt))


def evapo(call: Call) -> Outputs:
    """Evaporation from soil, canopy and roots; ETA1 is their sum."""
    arguments = "SMC SH2O CMC PC SHDFAC CMCMAX CFACTR FXEXP SMCMAX SMCDRY NROOT RTDIS"
    outputs = collect(_evaporated(call, arguments, call.dt), EVAPORATION, "ET=transpiration")
    return outputs | {"ETA1": outputs["EDIR"] + outputs["EC"] + outputs["ETT"]}


def transp(call: Call) -> Outputs:
    """Transpiration by layer; SMC is liquid water here. What soil and canopy evaporate beside it is not asked for."""
    fields = {"liquid": call["SMC"], "evaporation_porosity": 1.0, "fxexp": 1.0}
    arguments = "CMC PC SHDFAC CMCMAX CFACTR NROOT RTDIS"
    return collect(_evaporated(call, arguments, 1.0, **fields), layers="ET=transpiration")


ROUTINES = {"CANRES": canres, "DEVAP": devap, "EVAPO": evapo, "TRANSP": transp}
