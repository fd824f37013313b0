"""Weather of a region packed by cell: one plain file a year beside a header, read at the speed of memory.

A folder holds ``forcing.json`` and a file for each year, ``1979.bin``: float32, little-endian, in the order (block,
step, variable, lane), a block being 32 cells in the order of the domain, as the kernel takes them. Idle lanes of the
last block repeat its first cell. Behind the data of a year stands a SHA-256 digest of each block; the header holds the
digest of those digests, and its own.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.digest import digest
from lsmcal.core.errors import InputError, Problems
from lsmcal.inputs.gridded.protocol import cell_name, places_of, positions
from lsmcal.inputs.station.forcing import FORCING_UNITS, FORCING_VARIABLES

HEADER = "forcing.json"
FORMAT = "lsmcal packed forcing"
VERSION = 1
#: Cells in a block of a file.
LANES = 32
_DIGEST = hashlib.sha256().digest_size
_ROW = 4 * LANES * len(FORCING_VARIABLES)
_SAME_PLACE = 1e-6
_ANEW = "pack it anew, with --overwrite or into another folder"
_AGAIN = "pack the forcing again, and this year is made anew"


@dataclass
class Year:
    """A file of the cache.

    Parameters
    ----------
    first, steps : int
        Its steps on the time axis.
    digest : str
        SHA-256 of the digests of its blocks; empty: not packed yet.
    notes : dict of str to int
        Values set right while reading the source.
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
    years : dict of str to Year
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
    years: dict[str, Year]

    @property
    def blocks(self) -> int:
        """Blocks in each file."""
        return -(-self.cell.size // LANES)

    def bytes_of(self, year: Year) -> int:
        """Size of a year's file."""
        return self.blocks * (year.steps * _ROW + _DIGEST)

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


def years_of(time: np.ndarray) -> dict[str, Year]:
    """The files of a time axis: one a calendar year."""
    labels = time.astype("datetime64[Y]")
    names, first, count = np.unique(labels, return_index=True, return_counts=True)
    return {str(name): Year(int(a), int(n)) for name, a, n in zip(names, first, count, strict=True)}


def read_header(folder: Path, problems: Problems) -> Header | None:
    """The header of a cache; None, with the problem noted, if it cannot be used."""
    path = Path(folder) / HEADER
    try:
        plain = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        lacking = isinstance(error, OSError)
        reason = (error.strerror or str(error)).lower() if lacking else f"the header is damaged: {error}"
        expected = "a folder written by 'lsmcal forcing pack'" if lacking else f"a whole header; {_ANEW}"
        problems.add(f"no packed forcing: {reason}", source=path, expected=expected)
        return None
    kind = (plain.get("format"), plain.get("version"), plain.get("lanes")) if isinstance(plain, dict) else ()
    if kind != (FORMAT, VERSION, LANES):
        expected = f"'{FORMAT}', version {VERSION}, {LANES} lanes; {_ANEW}"
        problems.add("another format", source=path, value=kind, expected=expected)
        return None
    told = plain.pop("sha256", None)
    if told != digest(plain):
        problems.add(
            "the header has been changed or damaged",
            source=path,
            variable="sha256",
            value=told,
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
        {name: Year(**year) for name, year in plain["years"].items()},
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
            "the file has another size", source=path, value=f"{size} bytes", expected=f"{expected} bytes; {_AGAIN}"
        )
        return False
    told = hashlib.sha256(_table(path, header, year)).hexdigest()
    if told != year.digest:
        problems.add(
            "the checksum is wrong", source=path, variable="sha256", value=told, expected=f"{year.digest}; {_AGAIN}"
        )
    return told == year.digest


def _table(path: Path, header: Header, year: Year) -> bytes:
    with open(path, "rb") as file:
        file.seek(header.blocks * year.steps * _ROW)
        return file.read()


class PackedForcing:
    """A packed cache as :class:`lsmcal.inputs.gridded.protocol.RegionalForcing`.

    Opening compares header, sizes and digests of digests; a block of a year is compared with its own digest when
    something of it is read for the first time; :meth:`verify` reads everything.

    Parameters
    ----------
    folder : Path
        Written by :func:`lsmcal.inputs.gridded.pack.pack_forcing`.
    cells : Domain or Places, optional
        Cells that must be in it, at the places they have now.
    source : dict, optional
        Identity of the source it must have been packed from.

    Raises
    ------
    InputError
        An incomplete, damaged or foreign cache, naming all that differs.
    """

    def __init__(self, folder: Path, cells=None, source: dict[str, object] | None = None):
        self.folder = Path(folder)
        problems = Problems()
        header = read_header(self.folder, problems)
        if header is None:
            raise InputError(problems.found)
        open_years = [name for name, year in header.years.items() if not year.digest]
        if open_years:
            value = f"{len(open_years)} of {len(header.years)} years are open"
            problems.add(
                "packing was not finished",
                source=self.folder,
                where=open_years[0],
                value=value,
                expected="a complete cache; pack again, and it goes on where it stopped",
            )
        for name in header.years:
            if name not in open_years:
                check_year(self.folder, header, name, problems)
        if cells is not None:
            compare_cells(self.folder, header, cells, problems)
        if source is not None:
            compare_source(self.folder, header, source, problems)
        problems.raise_if_any()
        self._header, self._maps, self._sound = header, {}, set()
        self.time, self.step, self.calendar, self.cell = header.time, header.step, header.calendar, header.cell
        self.attributes = {**header.attributes, **_notes(header)}

    @property
    def nbytes(self) -> int:
        """Bytes of all files but the header."""
        return sum(self._header.bytes_of(year) for year in self._header.years.values())

    def read(self, cells: np.ndarray, first: int, last: int) -> np.ndarray:
        """As :meth:`lsmcal.inputs.gridded.protocol.RegionalForcing.read`; fastest in whole blocks in the cache's order.

        Raises
        ------
        InputError
            For a cell without weather, and for blocks that are not as they were packed.
        """
        block, lane = np.divmod(positions(cells, self.cell, str(self.folder)), LANES)
        out = np.empty((max(last - first, 0), len(FORCING_VARIABLES), block.size), np.float32)
        edges = np.flatnonzero(np.diff(block)) + 1
        runs = list(zip([0, *edges.tolist()], [*edges.tolist(), block.size], strict=True)) if block.size else []
        for data, steps, rows in self._years(first, last, np.unique(block)):
            for a, b in runs:
                lanes = lane[a:b]
                contiguous = lanes[-1] - lanes[0] == b - a - 1 and (np.diff(lanes) == 1).all()
                chosen = slice(int(lanes[0]), int(lanes[-1]) + 1) if contiguous else lanes
                out[rows, :, a:b] = data[block[a], steps][:, :, chosen]
        return out

    def read_blocks(self, first_block: int, last_block: int, first: int, last: int) -> np.ndarray:
        """Whole blocks in the kernel's own order: (blocks, last - first, 8, 32) float32; errors as :meth:`read`."""
        shape = (last_block - first_block, last - first, len(FORCING_VARIABLES), LANES)
        out = np.empty(shape, np.float32)
        for data, steps, rows in self._years(first, last, range(first_block, last_block)):
            out[:, rows] = data[first_block:last_block, steps]
        return out

    def read_lanes(self, cells: np.ndarray, first: int, last: int) -> np.ndarray:
        """Some cells as the kernel takes them; whole blocks of the cache's own order are copied as they lie.

        Parameters
        ----------
        cells : (n,) array of int
        first, last : int

        Returns
        -------
        (blocks, last - first, 8, 32) float32 array
            Idle lanes of the last block repeat its first cell.
        """
        place = positions(cells, self.cell, str(self.folder))
        start, count = (int(place[0]), place.size) if place.size else (0, 0)
        in_order = start % LANES == 0 and np.array_equal(place, np.arange(start, start + count))
        if in_order and (count % LANES == 0 or start + count == self.cell.size):
            return self.read_blocks(start // LANES, -(-(start + count) // LANES), first, last)
        values = self.read(cells, first, last)
        return np.stack(list(in_blocks(values)))

    def identity(self) -> dict[str, object]:
        """Digest of the weather itself, wherever the files lie and whatever they were packed from."""
        return {"kind": "packed", "checksum": self._header.checksum()}

    def verify(self, progress=None) -> None:
        """Read every number and compare the digest of every block.

        Parameters
        ----------
        progress : callable, optional
            Called with (stage, done, of).

        Raises
        ------
        InputError
            Naming each file with blocks that differ, and the cells of the first.
        """
        problems = Problems()
        for done, name in enumerate(self._header.years):
            if check_year(self.folder, self._header, name, problems):
                self._verify(name, range(self._header.blocks), problems)
            if progress is not None:
                progress("verifying packed forcing", done + 1, len(self._header.years))
        problems.raise_if_any()

    def _verify(self, name: str, blocks: Iterable[int], problems: Problems) -> None:
        """Compare blocks of a year with their digests."""
        data, path = self._map(name), self.folder / f"{name}.bin"
        table = _table(path, self._header, self._header.years[name])
        wrong = [b for b in blocks if hashlib.sha256(data[b]).digest() != table[b * _DIGEST : (b + 1) * _DIGEST]]
        if wrong:
            first = wrong[0] * LANES
            problems.add(
                f"{len(wrong)} of {self._header.blocks} blocks are damaged",
                source=path,
                variable="sha256",
                where=f"block {wrong[0]}, from cell {int(self.cell[first])} on",
                expected="the numbers that were packed; remove the file and pack again",
            )

    def _check_first_time(self, name: str, blocks: Iterable[int]) -> None:
        """Refuse damaged blocks when they are first read: hashing takes a hundredth of the time of computing."""
        new = [block for block in blocks if (name, block) not in self._sound]
        if new:
            problems = Problems()
            self._verify(name, new, problems)
            problems.raise_if_any()
            self._sound.update((name, block) for block in new)

    def _map(self, name: str) -> np.ndarray:
        if name not in self._maps:
            shape = (self._header.blocks, self._header.years[name].steps, len(FORCING_VARIABLES), LANES)
            self._maps[name] = np.memmap(self.folder / f"{name}.bin", "<f4", "r", shape=shape).view(np.ndarray)
        return self._maps[name]

    def _years(self, first: int, last: int, blocks: Sequence[int]):
        """Map, steps within it and rows of the answer, for each year that overlaps; ``blocks`` of it are sound."""
        for name, year in self._header.years.items():
            low, high = max(first, year.first), min(last, year.first + year.steps)
            if low < high:
                self._check_first_time(name, blocks)
                yield self._map(name), slice(low - year.first, high - year.first), slice(low - first, high - first)


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
    for bad, message in ((absent, "not in the cache"), (moved, "elsewhere in the cache")):
        if bad.any():
            i = int(np.argmax(bad))
            there = cell_name(int(header.cell[place[i]]), header.latitude[place[i]], header.longitude[place[i]])
            problems.add(
                f"packed for other cells: {int(bad.sum())} of {len(wanted)} are {message}",
                source=folder,
                variable="cells",
                where=wanted.name(i),
                value=there if bad is moved else f"{header.cell.size} cells",
                expected=f"a cache of this domain; {_ANEW}",
            )


def compare_source(folder: Path, header: Header, source: dict[str, object], problems: Problems) -> None:
    """Note each part of a source's identity that differs from that of a cache."""
    source = json.loads(json.dumps(source))
    for name in sorted(set(source) | set(header.source)):
        now, then = source.get(name), header.source.get(name)
        if now != then:
            expected = f"{now}; {_ANEW}"
            problems.add("packed from another source", source=folder, variable=name, value=then, expected=expected)


def _notes(header: Header) -> dict[str, str]:
    total = Counter()
    for year in header.years.values():
        total.update(year.notes)
    return {name: f"{count} values just outside their limits clipped" for name, count in total.items()}
