"""Format of packed weather of a region: its header, its files, and how both are compared.

A folder holds ``forcing.json`` and a file for each year, ``1979.bin``: float32, little-endian, in the order (block,
step, variable, lane), a block being 32 cells in the order of the domain, as the kernel takes them. Idle lanes of the
last block repeat its first cell. Behind the data of a year stands a SHA-256 digest of each block; the header holds the
digest of those digests, and its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.digest import digest
from lsmcal.core.errors import Problems
from lsmcal.core.text import parsed_json, why_no_file
from lsmcal.core.words import counted
from lsmcal.inputs.gridded.protocol import cell_name, places_of
from lsmcal.inputs.station.forcing import FORCING_UNITS, FORCING_VARIABLES

HEADER = "forcing.json"
FORMAT = "lsmcal packed forcing"
VERSION = 1
#: Cells in a block of a file.
LANES = 32
DIGEST_BYTES = hashlib.sha256().digest_size
_ROW = 4 * LANES * len(FORCING_VARIABLES)
_SAME_PLACE = 1e-6
_ANEW = "pack it again, with --overwrite or into another folder"
_AGAIN = "pack the forcing again; only this year is repacked"


@dataclass
class YearFile:
    """A file of the cache.

    Parameters
    ----------
    first, steps : int
        Its steps on the time axis.
    digest : str
        SHA-256 of the digests of its blocks; empty: not packed yet.
    notes : dict of str to int
        Values corrected while reading the source.
    """

    first: int
    steps: int
    digest: str = ""
    notes: dict[str, int] = field(default_factory=dict)


@dataclass
class Header:
    """What the header of a cache says.

    Parameters
    ----------
    time : (steps,) datetime64[s]
        Starts, UTC.
    step : float
        [s].
    calendar : str
    cell : (n,) array of int64
    longitude, latitude : (n,) arrays
    source : dict
        Identity of the source.
    attributes : dict of str to str
    years : dict of str to YearFile
        By name; all of them, packed or not.
    """

    time: np.ndarray
    step: float
    calendar: str
    cell: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    source: dict[str, object]
    attributes: dict[str, str]
    years: dict[str, YearFile]

    @property
    def blocks(self) -> int:
        """Blocks in each file."""
        return -(-self.cell.size // LANES)

    def bytes_of(self, year: YearFile) -> int:
        """Size of a year's file."""
        return self.blocks * (year.steps * _ROW + DIGEST_BYTES)

    def text(self) -> str:
        """The header as JSON, with its own digest."""
        plain = {
            "format": FORMAT,
            "version": VERSION,
            "layout": "(block, step, variable, lane) float32 little-endian, then a SHA-256 digest of each block",
            "lanes": LANES,
            "variables": {name: FORCING_UNITS[name] for name in FORCING_VARIABLES},
            "time": {"start": str(self.time[0]), "step": self.step, "steps": self.time.size, "calendar": self.calendar},
            "source": self.source,
            "attributes": self.attributes,
            "years": {name: vars(year) for name, year in self.years.items()},
            "cells": {
                "number": self.cell.tolist(),
                "longitude": self.longitude.tolist(),
                "latitude": self.latitude.tolist(),
            },
        }
        plain["sha256"] = digest(plain)
        return _lines(plain)

    def checksum(self) -> str:
        """Digest of all numbers of the weather, its times and its places."""
        years = {name: year.digest for name, year in self.years.items()}
        axis = [str(self.time[0]), self.step, self.time.size, self.calendar]
        return digest([VERSION, axis, self.cell.tolist(), self.longitude.tolist(), self.latitude.tolist(), years])


def _lines(plain: dict[str, object]) -> str:
    """JSON with a line for each entry of two levels: lists of many thousand cells stay on one."""
    entries = []
    for name, value in plain.items():
        text = json.dumps(value)
        if isinstance(value, dict) and value:
            inner = ",\n".join(f"  {json.dumps(key)}: {json.dumps(item)}" for key, item in value.items())
            text = "{\n" + inner + "\n }"
        entries.append(f" {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


def files_of_years(nominal: np.ndarray) -> dict[str, YearFile]:
    """The files of a time axis of nominal starts: one a calendar year."""
    labels = nominal.astype("datetime64[Y]")
    names, first, count = np.unique(labels, return_index=True, return_counts=True)
    return {str(name): YearFile(int(a), int(n)) for name, a, n in zip(names, first, count, strict=True)}


def read_header(folder: Path, problems: Problems) -> Header | None:
    """The header of a cache; None, with the problem noted, if it cannot be used."""
    path = Path(folder) / HEADER
    try:
        if (reason := why_no_file(path)) and path.exists():
            raise ValueError(reason)
        plain = parsed_json(path.read_text())
    except (OSError, ValueError) as error:
        lacking = isinstance(error, OSError)
        reason = (
            (getattr(error, "strerror", None) or str(error)).lower() if lacking else f"the header is damaged: {error}"
        )
        expected = "a folder written by 'lsmcal forcing pack'" if lacking else f"a complete header; {_ANEW}"
        problems.add(f"no packed forcing: {reason}", source=path, expected=expected)
        return None
    kind = (plain.get("format"), plain.get("version"), plain.get("lanes")) if isinstance(plain, dict) else ()
    if kind != (FORMAT, VERSION, LANES):
        expected = f"'{FORMAT}', version {VERSION}, {LANES} lanes; {_ANEW}"
        problems.add("another format", source=path, value=kind, expected=expected)
        return None
    reported = plain.pop("sha256", None)
    if reported != digest(plain):
        problems.add(
            "the header was changed or is damaged",
            source=path,
            variable="sha256",
            value=reported,
            expected=f"{digest(plain)}; {_ANEW}",
        )
        return None
    axis, cells = plain["time"], plain["cells"]
    start = calendars.axis_seconds(np.array([axis["start"]], "datetime64[s]"), axis["calendar"])[0]
    seconds = start + np.arange(axis["steps"], dtype=np.int64) * round(axis["step"])
    return Header(
        calendars.from_axis_seconds(seconds, axis["calendar"]),
        float(axis["step"]),
        axis["calendar"],
        np.array(cells["number"], np.int64),
        np.array(cells["longitude"]),
        np.array(cells["latitude"]),
        plain["source"],
        plain["attributes"],
        {name: YearFile(**year) for name, year in plain["years"].items()},
    )


def check_year(folder: Path, header: Header, name: str, problems: Problems) -> bool:
    """True if a year's file is there, of the right size and with the digests the header means; its data stay unread."""
    path, year = Path(folder) / f"{name}.bin", header.years[name]
    if not path.is_file():
        problems.add("a year's file is missing", source=path, expected=f"the file; {_AGAIN}")
        return False
    size, expected = path.stat().st_size, header.bytes_of(year)
    if size != expected:
        problems.add(
            "the file has a wrong size", source=path, value=f"{size} bytes", expected=f"{expected} bytes; {_AGAIN}"
        )
        return False
    reported = hashlib.sha256(digests_of(path, header, year)).hexdigest()
    if reported != year.digest:
        problems.add(
            "the checksum is wrong", source=path, variable="sha256", value=reported, expected=f"{year.digest}; {_AGAIN}"
        )
    return reported == year.digest


def digests_of(path: Path, header: Header, year: YearFile) -> bytes:
    """The digests behind the data of a year, one after the other."""
    with open(path, "rb") as file:
        file.seek(header.blocks * year.steps * _ROW)
        return file.read()


def in_blocks(values: np.ndarray) -> Iterator[np.ndarray]:
    """(steps, 8, n) as contiguous (steps, 8, 32) blocks; idle lanes repeat the first cell of theirs."""
    for first in range(0, values.shape[2], LANES):
        block = values[:, :, first : first + LANES]
        idle = LANES - block.shape[2]
        if idle:
            block = np.concatenate([block, np.repeat(block[:, :, :1], idle, axis=2)], axis=2)
        yield np.ascontiguousarray(block, dtype="<f4")


def compare_cells(folder: Path, header: Header, cells, problems: Problems) -> None:
    """Note cells that a cache lacks or has at another place."""
    wanted = places_of(cells)
    order = np.argsort(header.cell, kind="stable")
    place = order[np.minimum(np.searchsorted(header.cell, wanted.cell, sorter=order), header.cell.size - 1)]
    absent = header.cell[place] != wanted.cell
    east, north = header.longitude[place] - wanted.longitude, header.latitude[place] - wanted.latitude
    off = np.maximum(np.abs(east), np.abs(north))
    moved = ~absent & ~(off <= _SAME_PLACE)
    for bad, message in ((absent, "not in the packed forcing"), (moved, "at other coordinates")):
        if bad.any():
            i = int(np.argmax(bad))
            there = cell_name(int(header.cell[place[i]]), header.latitude[place[i]], header.longitude[place[i]])
            problems.add(
                f"packed for other cells: {int(bad.sum())} of {len(wanted)} are {message}",
                source=folder,
                variable="cells",
                where=wanted.name(i),
                value=there if bad is moved else f"{counted(header.cell.size, 'cell')}",
                expected=f"forcing packed for this domain; {_ANEW}",
            )


def compare_source(folder: Path, header: Header, source: dict[str, object], problems: Problems) -> None:
    """Note each part of a source's identity that differs from that of a cache."""
    source = json.loads(json.dumps(source))
    for name in sorted(set(source) | set(header.source)):
        now, then = source.get(name), header.source.get(name)
        if now != then:
            expected = f"{now}; {_ANEW}"
            problems.add("packed from another source", source=folder, variable=name, value=then, expected=expected)
