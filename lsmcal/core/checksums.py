"""Checksums of NetCDF files: an attribute that says of all data, sizes and attributes what they were when written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable

#: Global attribute of a NetCDF file: SHA-256 of its dimensions, attributes and data.
ATTRIBUTE = "lsmcal_sha256"
#: What the NetCDF library and NumPy raise on damaged files, among others.
READ_ERRORS = (
    OSError,
    RuntimeError,
    ValueError,
    AttributeError,
    LookupError,
    TypeError,
    MemoryError,
    OverflowError,
)
_WRONG = "the checksum is wrong"
#: Bytes of a variable that are read at once; larger ones of three dimensions go by their second.
_AT_ONCE = 256_000_000
#: Bytes of data for a byte of the file, more than any compression gives.
_DENSEST = 5000


@dataclass(frozen=True)
class NetcdfFindings:
    """What a look at a whole NetCDF file found.

    Parameters
    ----------
    damage : str
        What is wrong; empty if nothing is.
    checked : bool
        Whether it has a checksum; files of earlier versions do not.
    attributes : dict
        Global attributes, as far as they could be read.
    sizes : dict of str to int
        Of its dimensions.
    """

    damage: str = ""
    checked: bool = False
    attributes: dict[str, object] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        """Whether all of it could be read, be it as it was written or not."""
        return self.damage in ("", _WRONG)


def netcdf_digest(file: Dataset) -> str:
    """SHA-256, in hex, of all that an open NetCDF file holds, but for :data:`ATTRIBUTE`.

    Dimensions, attributes and variables count in the order of their names; data as they are stored, without masks and
    scales. Compression and chunks do not count.
    """
    whole = hashlib.sha256()
    for name in sorted(file.dimensions):
        whole.update(f"dimension {name} {len(file.dimensions[name])}\n".encode())
    for part in _attributes(file):
        whole.update(part)
    for name in sorted(file.variables):
        variable = file.variables[name]
        whole.update(f"variable {name} {variable.dtype} {variable.dimensions}\n".encode())
        for part in (*_attributes(variable), *_data(variable)):
            whole.update(part)
    return whole.hexdigest()


def _attributes(holder: Dataset | Variable) -> Iterator[bytes]:
    for name in sorted(holder.ncattrs()):
        if name != ATTRIBUTE:
            value = holder.getncattr(name)
            yield f"attribute {name} ".encode()
            yield value.encode() if isinstance(value, str) else np.asarray(value).astype(str).tobytes()


def _data(variable: Variable) -> Iterator[bytes]:
    variable.set_auto_maskandscale(False)
    if variable.dtype is str:
        texts = np.asarray(variable[...], dtype=object).reshape(-1)
        yield "\0".join(map(str, texts.tolist())).encode()
        return
    by_part = variable.ndim == 3
    large = by_part and variable.size * variable.dtype.itemsize > _AT_ONCE
    values = variable if large else np.asarray(variable[...])
    for part in (values[:, k] for k in range(variable.shape[1])) if by_part else (values,):
        yield np.ascontiguousarray(part).tobytes()


def look_at_netcdf(path: Path) -> NetcdfFindings:
    """Read all of a NetCDF file and compare it with its checksum, if it has one."""
    from netCDF4 import Dataset

    attributes: dict[str, object] = {}
    try:
        with Dataset(path) as file:
            attributes = {name: file.getncattr(name) for name in file.ncattrs()}
            sizes = {name: len(dimension) for name, dimension in file.dimensions.items()}
            most = max(
                (v.size * (8 if v.dtype is str else v.dtype.itemsize) for v in file.variables.values()), default=0
            )
            if most > _DENSEST * path.stat().st_size:
                return NetcdfFindings("a dimension has a wrong size", attributes=attributes)
            found = netcdf_digest(file)
    except READ_ERRORS as error:
        reason = getattr(error, "strerror", None) or str(error)
        return NetcdfFindings(f"cannot be read: {reason}", attributes=attributes)
    stated = attributes.get(ATTRIBUTE)
    wrong = _WRONG if stated not in (None, found) else ""
    return NetcdfFindings(wrong, stated is not None, attributes, sizes)
