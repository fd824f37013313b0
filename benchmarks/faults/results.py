"""What a folder of results came to, and how two of them differ: bytes, or values where bytes may differ."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

#: Not results: pages, figures, logs, lists of checksums (of files with times), what was set aside.
_OTHERS = (".png", ".html", ".log", ".lock", ".tmp", ".damaged")
#: Keys of times and of what depends on the machine, in histories and evaluations; a line's checksum covers them.
_TIMES = ("model_seconds", "optimiser_seconds", "started", "information", "crc32")


def is_result(name: str) -> bool:
    """Whether a file of the output folder is a result that two equal runs have in common."""
    last = name.rpartition("/")[2]
    return not (
        last.endswith(_OTHERS)
        or last in ("SHA256SUMS", "case.resolved.toml")
        or ".damaged-" in last
        or "checkpoint" in name.split("/")
    )


def results_of(output: Path) -> dict[str, str]:
    """Digest of the bytes of every result, times aside, by its name."""
    names = {path.relative_to(output).as_posix(): path for path in sorted(output.rglob("*")) if path.is_file()}
    return {name: _digest(path) for name, path in names.items() if is_result(name)}


def _digest(path: Path) -> str:
    content = path.read_bytes()
    if path.name in ("history.jsonl", "evaluation.json"):
        try:
            content = json.dumps([_timeless(json.loads(part)) for part in _parts(path, content)]).encode()
        except ValueError:  # it is not what was written
            pass
    return hashlib.sha256(content).hexdigest()


def _parts(path: Path, content: bytes) -> list[bytes]:
    return content.splitlines() if path.suffix == ".jsonl" else [content]


def _timeless(value: object) -> object:
    if isinstance(value, dict):
        return {name: _timeless(item) for name, item in value.items() if name not in _TIMES}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def differences_of(output: Path, reference: Path, by_bytes: bool) -> list[str]:
    """Names of results that are not those of the reference.

    Parameters
    ----------
    output, reference : Path
    by_bytes : bool
        Otherwise values count: a NetCDF file or archive with a changed byte that nothing reads is the same.
    """
    found, wanted = results_of(output), results_of(reference)
    wrong = [name for name in sorted(found.keys() | wanted.keys()) if found.get(name) != wanted.get(name)]
    if by_bytes:
        return wrong
    return [name for name in wrong if name not in wanted or not _same_values(output / name, reference / name)]


def _same_values(path: Path, reference: Path) -> bool:
    if path.suffix not in (".nc", ".npz", ".json", ".jsonl") or not path.is_file():
        return False
    try:
        return _values(path) == _values(reference)
    except Exception:  # whatever a damaged file leads its reader to
        return False


def _values(path: Path) -> object:
    """All that a reader gets from a file."""
    if path.suffix == ".nc":
        return _netcdf(path)
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as file:
            return {name: (file[name].dtype.str, file[name].shape, file[name].tobytes()) for name in file.files}
    return [_timeless(json.loads(part)) for part in _parts(path, path.read_bytes())]


def _netcdf(path: Path) -> object:
    from netCDF4 import Dataset

    with Dataset(path) as file:
        file.set_auto_maskandscale(False)
        sizes = {name: len(dimension) for name, dimension in file.dimensions.items()}
        holders: dict[str, Any] = {"": file, **file.variables}
        about = {
            place: {name: repr(np.asarray(holder.getncattr(name)).tolist()) for name in holder.ncattrs()}
            for place, holder in holders.items()
        }
        data = {
            name: (str(one.dtype), one.dimensions, one[...].tolist() if one.dtype is str else one[...].tobytes())
            for name, one in file.variables.items()
        }
    return sizes, about, data
