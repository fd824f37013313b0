"""Verification of single routines: our kernels on the rows of the reference's tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lsmcal.verify.functions import (
    air as functions_air,
)
from lsmcal.verify.functions import (
    heat as functions_heat,
)
from lsmcal.verify.functions import (
    plants as functions_plants,
)
from lsmcal.verify.functions import (
    snow as functions_snow,
)
from lsmcal.verify.functions import (
    step as functions_step,
)
from lsmcal.verify.functions import (
    water as functions_water,
)
from lsmcal.verify.rows import Row, deviation_row, failure
from lsmcal.verify.table import Call, NotUnderstood, read_call

#: Our composition for each routine of the reference.
ROUTINES = (
    functions_air.ROUTINES
    | functions_heat.ROUTINES
    | functions_plants.ROUTINES
    | functions_snow.ROUTINES
    | functions_step.ROUTINES
    | functions_water.ROUTINES
)
#: Tolerance of every element: a share of the reference's value and an absolute floor by variable.
RELATIVE, FLOOR = 1e-9, 1e-12
FLOORS = {
    "RHSTS": 1e-13,
    "RHSTT": 1e-16,
    "RUNOFF1": 1e-16,
    "RUNOFF2": 1e-16,
    "RUNOFF3": 1e-13,
    "CMC": 1e-14,
    "SNOMLT": 1e-14,
    "DRIP": 1e-14,
    "TSNSR": 1e-9,
    "SSOIL": 1e-8,
    "SHEAT": 1e-8,
    "FLX3": 1e-8,
    "ETA": 1e-8,
}


def compute(call: Call) -> dict[str, np.ndarray]:
    """Our outputs for all rows of a table; rows of one time step go through the kernels together."""
    function = ROUTINES[call.routine]
    if call.step is None:
        return function(call)
    outputs = {name: np.full(array.shape, np.nan) for name, array in call.outputs.items()}
    for dt in np.unique(call.step):
        rows = np.flatnonzero(call.step == dt)
        for name, values in function(call.select(rows)).items():
            outputs[name][rows] = values
    return outputs


def check_functions(path: Path, tables_of, source: str = "") -> list[Row]:
    """Rows of the table of one routine, one for each output.

    Parameters
    ----------
    path : Path
    tables_of : callable of bool to Tables
        Parameter tables of the original (False) or modified (True) model.
    source : str
        How to call the file in the rows; its name by default.
    """
    source = source or path.name
    try:
        call = read_call(path, tables_of)
        ours = compute(call)
    except NotUnderstood as error:
        return [failure(source, str(error))]
    except (ValueError, IndexError) as error:
        return [failure(source, f"the model rejects the inputs: {error}")]
    return [
        deviation_row(source, name, ours[name], reference, RELATIVE, FLOORS.get(name, FLOOR))
        for name, reference in call.outputs.items()
    ]
