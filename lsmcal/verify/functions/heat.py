"""Routines of soil heat and freezing, composed from our kernels."""

from __future__ import annotations

import numpy as np

from lsmcal.noah.parameters.parameters import freezing_fields, ground_kinds, thermal_fields
from lsmcal.noah.physics import heat
from lsmcal.noah.physics.freezing import change_phase, edge_temperature, layer_mean_temperature, solve_freezing_curve
from lsmcal.noah.physics.surface import skin_snow_free
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.verify.lanes import collect, each, geometry, heat_parameters, lanes, run, top_layer
from lsmcal.verify.table import Call

Outputs = dict[str, np.ndarray]


def tdfcnd(call: Call) -> Outputs:
    """Thermal conductivity of soil, with the classes that have rows of their own where the table names them."""
    porosity = call["SMCMAX"]
    classes = call["NSOILTYPE"].astype(int) if "NSOILTYPE" in call else np.ones(call.rows, int)
    scheme = "cote-konrad" if "NSOILTYPE" in call else "peters-lidard"
    fields = thermal_fields(porosity, call["QZ"], ground_kinds(call.tables, classes, scheme), guard=False)
    fields |= {"porosity": porosity, "water": call["SMC"], "liquid": call["SH2O"]}
    blocks = lanes(call, **{name: top_layer(values) for name, values in fields.items()})
    run(blocks, lambda layers, column: heat.layer_conductivity(layers[0]))
    return {"DF": blocks.layer_field("conductivity")[:, 0]}


def _curve(call: Call, psisat: str, temperature: str, **fields) -> Blocks:
    """One layer a row, with its freezing curve."""
    porosity = top_layer(call["SMCMAX"])
    curve = freezing_fields(top_layer(call["BEXP"]), top_layer(call[psisat]), porosity, leak=False)
    state = {"water": "SMC", "liquid": "SH2O", "mean_temperature": temperature}
    values = {field: top_layer(call[name]) for field, name in state.items()}
    return lanes(call, porosity=porosity, **curve, **values, **fields)


def frh2o(call: Call) -> Outputs:
    """Liquid water on the freezing curve."""
    blocks = _curve(call, "PSIS", "TKELV")
    run(blocks, lambda layers, column: solve_freezing_curve(layers[0], False))
    return {"FREE": blocks.layer_field("free_liquid")[:, 0]}


def _layer_of(call: Call, values: np.ndarray) -> np.ndarray:
    """The value of each row's layer K."""
    return values[np.arange(call.rows), call["K"].astype(int) - 1]


def snksrc(call: Call) -> Outputs:
    """Phase change of a layer. The reference counts the source against the heat gain."""
    thickness = top_layer(_layer_of(call, call.thickness))
    active = top_layer(np.ones(call.rows))
    gained = {"net_heat": top_layer(call["QTOT"]), "thickness": thickness, "phase_active": active}
    blocks = _curve(call, "PSISAT", "TAVG", **gained)

    def step(layers, column):
        solve_freezing_curve(layers[0], False)
        change_phase(layers[0], call.dt)

    run(blocks, step)
    return {"TSNSR": -blocks.layer_field("phase_heat")[:, 0], "SH2O": blocks.layer_field("liquid")[:, 0]}


def tbnd(call: Call) -> Outputs:
    """Temperature at the lower edge of layer K."""
    weight = _layer_of(call, geometry(call)["edge_weight"])
    return {"TBND1": each(edge_temperature, call["TU"], call["TB"], weight)}


def tmpavg(call: Call) -> Outputs:
    """Mean temperature that counts for freezing."""
    return {"TAVG": each(layer_mean_temperature, call["TUP"], call["TM"], call["TDN"])}


_HEAT_ARGUMENTS = "STC SMC SH2O YY ZZ1 TBOT DF1"


def hrt(call: Call) -> Outputs:
    """Tendencies and matrix of the heat equation, after freezing and thawing."""
    blocks = lanes(call, _HEAT_ARGUMENTS, **geometry(call), **heat_parameters(call))

    def step(layers, column):
        heat.prepare_heat(layers, column)
        heat.phase_change(layers, column, call.dt, False)
        heat.assemble_heat(layers, column)

    run(blocks, step)
    return collect(blocks, layers="RHSTS=change SH2O=liquid AI=lower BI=centre CI=upper")


def shflx(call: Call) -> Outputs:
    """The whole heat step with surface temperature and ground heat of bare ground."""
    blocks = lanes(call, _HEAT_ARGUMENTS, **geometry(call), **heat_parameters(call))

    def step(layers, column):
        heat.heat_step(layers, column, call.dt, 1.0, False)
        skin_snow_free(layers, column)

    run(blocks, step)
    return collect(blocks, "SSOIL=ground_heat T1=skin_temperature", "STC=temperature SH2O=liquid")


def eliminated(call: Call, right: str) -> tuple[Blocks, np.ndarray]:
    """Solve the increments of ``(I + dt A) x = dt r``; also the right-hand side after the forward sweep.

    Our kernel keeps the eliminated super-diagonal and the solution, from which that right-hand side follows.
    """
    blocks = lanes(call, "AI BI CI", change=call[right])
    run(blocks, lambda layers, column: heat.solve_increment(layers, call.dt, 1.0))
    return blocks, swept(blocks)


def swept(blocks: Blocks) -> np.ndarray:
    """Right-hand side after the forward sweep, from the eliminated super-diagonal and the solution."""
    solution, upper = blocks.layer_field("change"), blocks.layer_field("upper")
    return solution + upper * np.append(solution[:, 1:], np.zeros((len(solution), 1)), axis=1)


def matrix(call: Call, blocks: Blocks) -> Outputs:
    """What the reference leaves in its matrix arguments: the system solved, increments in place of CI."""
    outputs = collect(blocks, layers="AI=lower BI=centre CI=change", AI=call.dt, BI=call.dt)
    outputs["BI"] += 1.0
    return outputs


def hstep(call: Call) -> Outputs:
    """Temperatures after the heat step; RHSTS holds the right-hand side after the forward sweep."""
    blocks, right = eliminated(call, "RHSTS")
    outputs = matrix(call, blocks)
    return outputs | {"RHSTS": right, "STCOUT": call["STCIN"] + outputs["CI"]}


def rosr12(call: Call) -> Outputs:
    """Tridiagonal system with a general diagonal, here ``1 + (B - 1)``.

    C is given back as it was, but for the last element; from our kernel it is the eliminated super-diagonal times
    the pivot.
    """
    upper = call["C"].copy()
    upper[:, -1] = 0.0
    blocks = lanes(call, lower=call["A"], centre=call["B"] - 1.0, upper=upper, change=call["D"])
    run(blocks, lambda layers, column: heat.solve_increment(layers, 1.0, 1.0))
    factor = blocks.layer_field("upper")
    above = np.append(np.zeros((call.rows, 1)), factor[:, :-1], axis=1)
    pivot = call["B"] - call["A"] * above
    return {"P": blocks.layer_field("change"), "DELTA": swept(blocks), "C": factor * pivot}


ROUTINES = {
    "TDFCND": tdfcnd,
    "TDFCND_C05": tdfcnd,
    "FRH2O": frh2o,
    "SNKSRC": snksrc,
    "TBND": tbnd,
    "TMPAVG": tmpavg,
    "HRT": hrt,
    "SHFLX": shflx,
    "HSTEP": hstep,
    "ROSR12": rosr12,
}
