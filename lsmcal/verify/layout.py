"""What a stored trajectory must hold, and in which shape, before anything is compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

#: Attributes that configure the run or its acceptance.
ATTRIBUTES = (
    "dt",
    "sfcdif_option",
    "tbot",
    "zbot",
    "zlvl",
    "zlvl_wind",
    "vegtyp",
    "slopetyp",
    "iz0tlnd",
    "usemonalb",
    "rdlai2d",
    "shdmin",
    "shdmax",
    "snoalb",
    "rounding_sensitivity_json",
)
_PHYSICS = ("std_", "mod_")
_DAY = 86400.0


def faults(
    name: str, data: Mapping[str, np.ndarray], attributes: Mapping, layout: Mapping[str, tuple[str, ...]]
) -> list[str]:
    """Why a file is no trajectory that can be compared; empty when it is one.

    Parameters
    ----------
    name : str
        File name.
    data, attributes : mapping
    layout : mapping of str to tuple of str
        Dimensions of every variable that is needed: ``time``, ``layer``, ``step`` and ``day``.
    """
    if not name.startswith(_PHYSICS):
        return [f"the name starts with none of {', '.join(_PHYSICS)}"]
    missing = [f"no {variable}" for variable in layout if variable not in data]
    missing += [f"no attribute {attribute}" for attribute in ATTRIBUTES if attribute not in attributes]
    if missing:
        return missing
    return _shape_faults(data, float(attributes["dt"]), layout) or _index_faults(data)


def _shape_faults(data: Mapping[str, np.ndarray], dt: float, layout: Mapping[str, tuple[str, ...]]) -> list[str]:
    if not dt > 0.0 or _DAY % dt:
        return [f"steps of {dt:g} s do not fill a day"]
    time, layer, step = (data[variable].size for variable in ("forc_SFCTMP", "SLDPTH", "step_index"))
    sizes = {"time": time, "layer": layer, "step": step, "day": -(-time * dt // _DAY)}
    found = []
    for variable, dimensions in layout.items():
        array, wanted = data[variable], tuple(int(sizes[dimension]) for dimension in dimensions)
        if array.dtype.kind not in "fiub":
            found.append(f"{variable} holds {array.dtype}, not numbers")
        elif array.shape != wanted and not (wanted == () and array.size == 1):
            found.append(f"{variable} has shape {array.shape}, expected {wanted}")
    return found


def _index_faults(data: Mapping[str, np.ndarray]) -> list[str]:
    index, steps = data["step_index"], data["forc_SFCTMP"].size
    if index.size < 2 or index.min() < 0 or index.max() >= steps or (np.diff(index) < 1).any():
        return [f"step_index does not ascend within the {steps} steps"]
    return [] if (np.diff(index) == 1).any() else ["no two consecutive records are stored"]


def read_variables(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Variables and global attributes of a NetCDF file.

    Raises
    ------
    OSError
        For a file that is damaged or no NetCDF file.
    """
    from netCDF4 import Dataset

    try:
        with Dataset(path) as file:
            file.set_auto_mask(False)
            data = {name: np.asarray(variable[...]) for name, variable in file.variables.items()}
            return data, {name: file.getncattr(name) for name in file.ncattrs()}
    except Exception as error:
        # damage inside the file comes as RuntimeError, AttributeError or UnicodeDecodeError from the library
        raise OSError(f"cannot be read: {error}") from None
