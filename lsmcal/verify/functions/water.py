"""Routines of soil water, composed from our kernels."""

from __future__ import annotations

import numpy as np

from lsmcal.noah.parameters.parameters import ice_decay, saturation_limit
from lsmcal.noah.physics import water
from lsmcal.noah.physics.heat import solve_increment
from lsmcal.noah.physics.hydraulics import hydraulic_functions
from lsmcal.verify.functions.heat import matrix, swept
from lsmcal.verify.lanes import collect, geometry, lanes, run, top_layer, water_parameters
from lsmcal.verify.table import Call

Outputs = dict[str, np.ndarray]


def fac2mit(call: Call) -> Outputs:
    """Saturation above which the water step takes two passes, by exact porosity."""
    return {"FLIMIT": saturation_limit(call["SMCMAX"], (), by_class=False)}


def _soil(call: Call) -> dict[str, np.ndarray]:
    names = {"porosity": "SMCMAX", "bb": "BEXP", "satdk": "DKSAT", "satdw": "DWSAT"}
    return {field: top_layer(call[name]) for field, name in names.items()}


def _hydraulics(call: Call, impedance: int, fields: dict[str, np.ndarray]) -> Outputs:
    blocks = run(lanes(call, **fields), lambda layers, column: hydraulic_functions(layers, column, impedance))
    return {
        "WDF": blocks.layer_field("diffusivity")[:, 0],
        "WCND": blocks.layer_field("hydraulic_conductivity")[:, 0],
    }


def wdfcnd(call: Call) -> Outputs:
    """Hydraulic functions of Noah 3.4.1; a second layer holds the column's largest ice content."""
    ice = np.stack([np.zeros(call.rows), call["SICEMAX"]], axis=1)
    return _hydraulics(call, 0, {**_soil(call), "liquid_mid": top_layer(call["SMC"]), "ice": ice})


def wdfcnd_ny06(call: Call) -> Outputs:
    """Hydraulic functions of the modified model, from total water and own ice."""
    soil, ice = _soil(call), top_layer(call["SICE"])
    decay = ice_decay(soil["satdk"], soil["satdw"], soil["porosity"], "wu2018")
    return _hydraulics(call, 1, {**soil, **decay, "liquid_mid": top_layer(call["MAXSMC"]) - ice, "ice": ice})


def srt(call: Call) -> Outputs:
    """Infiltration, runoff, tendencies and matrix of the water equation."""
    options = call.choices.kernel_options()
    blocks = lanes(
        call,
        "EDIR ET SH2O KDT FRZX SLOPE SICE",
        liquid_mid=call["SH2OA"],
        throughfall=call["PCPDRP"],
        **geometry(call),
        **water_parameters(call),
    )

    def step(layers, column):
        hydraulic_functions(layers, column, options.impedance)
        water.infiltrate(layers, column, call.dt, False, options.frozen_ground)
        water.assemble_water(layers, column)

    run(blocks, step)
    return collect(blocks, "RUNOFF1=surface_runoff RUNOFF2=drainage", "RHSTT=change AI=lower BI=centre CI=upper")


def sstep(call: Call) -> Outputs:
    """Update of soil and canopy water; RHSTT holds the right-hand side after the forward sweep."""
    blocks = lanes(
        call,
        "CMC CMCMAX AI BI CI SICE",
        liquid=call["SH2OIN"],
        change=call["RHSTT"],
        water_input=call["RHSCT"],
        greenness=1.0,
        porosity=call.by_layer("SMCMAX", "MAXSMC"),
        **geometry(call),
    )

    def step(layers, column):
        water.canopy_balance(column, call.dt)
        solve_increment(layers, call.dt, 1.0)
        water.update_water(layers, column, True)

    run(blocks, step)
    outputs = collect(blocks, "CMC=canopy_water RUNOFF3=overflow", "SH2OOUT=liquid SMC=water")
    return outputs | matrix(call, blocks) | {"RHSTT": swept(blocks)}


def smflx(call: Call) -> Outputs:
    """The whole water step."""
    options = call.choices.kernel_options()
    blocks = lanes(
        call,
        "SMC SH2O CMC SLOPE KDT FRZFACT SHDFAC CMCMAX EDIR EC ET",
        water_input=call["PRCP1"],
        **geometry(call),
        **water_parameters(call),
    )
    run(blocks, lambda layers, column: water.water_step(layers, column, call.dt, options))
    return collect(blocks, f"CMC=canopy_water {RUNOFF} DRIP=drip", "SMC=water SH2O=liquid")


RUNOFF = "RUNOFF1=surface_runoff RUNOFF2=drainage RUNOFF3=overflow"

ROUTINES = {
    "FAC2MIT": fac2mit,
    "WDFCND": wdfcnd,
    "WDFCND_NY06": wdfcnd_ny06,
    "SRT": srt,
    "SSTEP": sstep,
    "SMFLX": smflx,
}
