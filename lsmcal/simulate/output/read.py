"""Reading back what runs and calibrations wrote."""

from __future__ import annotations

import os

import numpy as np

from lsmcal.simulate.results import LEDGER, PROFILES, SURFACE, Run

_EPOCH = np.datetime64("1970-01-01T00:00:00", "s")


def _times(values: np.ndarray) -> np.ndarray:
    return _EPOCH + np.round(np.asarray(values, np.float64) * 86400.0).astype("timedelta64[s]")


def read_run(path: str | os.PathLike) -> Run:
    """A run file as a :class:`~lsmcal.simulate.results.Run`, without its end state.

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    from netCDF4 import Dataset

    with Dataset(path) as file:
        file.set_auto_mask(False)
        have = file.variables
        variables = {name: np.asarray(file[name][:]) for name in (*PROFILES, *SURFACE) if name in have}
        time = _times(file["time"][:]) if "time" in have else np.array([], "datetime64[s]")
        step = float(np.diff(file["time_bounds"][0])[0]) * 86400.0 if time.size else 0.0
        ledger = {
            name: {
                "mean": np.asarray(file[f"ledger_{name}"][:]),
                "largest": np.asarray(file[f"ledger_{name}_largest"][:]),
            }
            for name in LEDGER
        }
        annual = {name[7:]: np.asarray(file[name][:]) for name in have if name.startswith("annual_")}
        return Run(
            time=time,
            step=step,
            depth=np.asarray(file["depth"][:]),
            thickness=np.asarray(file["thickness"][:]),
            variables=variables,
            years=np.asarray(file["year"][:]),
            annual=annual,
            ledger=ledger,
            attributes={name: file.getncattr(name) for name in file.ncattrs()},
        )


def read_series(path: str | os.PathLike, kind: str = "") -> dict[str, np.ndarray]:
    """Series of a calibration: ``time``, ``depth``, ``observed``, ``default``, ``calibrated``.

    Parameters
    ----------
    path : path
        ``series.nc``.
    kind : str
        One of the further observed kinds; empty: that of the objective.
    """
    from netCDF4 import Dataset

    prefix = f"{kind}_" if kind else ""
    with Dataset(path) as file:
        file.set_auto_mask(False)
        found = {name: np.asarray(file[prefix + name][:]) for name in ("depth", "observed", "default", "calibrated")}
        found["time"] = _times(file[f"{prefix}time"][:])
    return found
