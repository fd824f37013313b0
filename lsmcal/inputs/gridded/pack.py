"""Packing: weather of any source is brought into the order of cells once, year by year."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from lsmcal.core import calendars
from lsmcal.core.errors import InputError, Problems
from lsmcal.core.files import remove_leftovers, replacement, write_text
from lsmcal.core.words import counted
from lsmcal.inputs.gridded.packed import PackedForcing
from lsmcal.inputs.gridded.packed_header import (
    HEADER,
    LANES,
    Header,
    YearFile,
    check_year,
    compare_cells,
    compare_source,
    files_of_years,
    in_blocks,
    read_header,
)
from lsmcal.inputs.gridded.protocol import RegionalForcing, places_of

_MB = 1_000_000
#: Bytes of a cell and step while an unknown source is read and turned: three copies of eight numbers.
_USUAL = 3 * 32
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def pack_forcing(
    source: RegionalForcing,
    cells,
    folder: Path,
    memory: float = 400.0,
    progress: Callable[[str, int, int], None] | None = None,
    overwrite: bool = False,
) -> PackedForcing:
    """Write the weather of some cells in the order a run reads it, or go on with a folder where packing stopped.

    A year is written beside and renamed when it is whole, so that packing may be killed at any moment; the year it was
    at is then made again. The bytes depend neither on the memory granted nor on interruptions.

    Parameters
    ----------
    source : RegionalForcing
    cells : Domain or Places
        In the order they will be run.
    folder : Path
        Made if it does not exist.
    memory : float
        MB (10^6 bytes) of weather in memory at a time, as far as one step of a block or map fits.
    progress : callable, optional
        Called with (stage, done, of).
    overwrite : bool
        Replace a cache of other cells, another time or source instead of refusing.

    Returns
    -------
    PackedForcing

    Raises
    ------
    InputError
        No room or right to write, a cache of something else, another process packing into the folder, or whatever is
        wrong with a year of the source: all of that year at once. Whole years stay.
    """
    folder = Path(folder)
    header = _wanted_header(source, cells, folder)
    if _exists(folder, header, cells):
        return PackedForcing(folder, cells)
    with _locked(folder):
        remove_leftovers(folder)
        _take_over(folder, header, cells, overwrite)
        _check_room(folder, header)
        _write_header(folder, header)
        for done, (name, year) in enumerate(header.years.items()):
            if progress is not None:
                progress("packing forcing, years", done, len(header.years))
            if not year.digest:
                _pack_year(source, header, name, folder, memory)
                _write_header(folder, header)
    if progress is not None:
        progress("packing forcing, years", len(header.years), len(header.years))
    return PackedForcing(folder, cells)


def _wanted_header(source: RegionalForcing, cells, folder: Path) -> Header:
    """Header of the whole cache with all years still to be packed."""
    places = places_of(cells)
    if not len(places):
        problems = Problems()
        problems.add("no cells to pack", source=folder, variable="cells", expected="at least one cell")
        problems.raise_if_any()
    return Header(
        source.time,
        float(source.step),
        source.calendar,
        places.cell,
        places.longitude,
        places.latitude,
        json.loads(json.dumps(source.identity())),
        dict(source.attributes),
        files_of_years(calendars.nominal_start(source.time, source.step, source.calendar)),
    )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The folder, made and kept from other packing processes."""
    problems = Problems()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        place = os.open(folder, os.O_RDONLY)
    except OSError as error:
        expected = "a folder with free space and write permission"
        problems.add(f"cannot be written: {error.strerror}", source=folder, expected=expected)
        raise InputError(problems.found) from None
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(place)
        problems.add("another process is packing into this folder", source=folder, expected="one at a time")
        raise InputError(problems.found) from None
    except OSError:
        pass  # a file system without locks: whole years are still put in place at once
    try:
        yield
    finally:
        os.close(place)


def _exists(folder: Path, header: Header, cells) -> bool:
    """True if all of it has been packed: then the folder need not even be writable."""
    problems = Problems()
    found = _comparable(folder, header, cells, problems)
    return not problems and found is not None and all(_is_complete(folder, found, name) for name in found.years)


def _take_over(folder: Path, header: Header, cells, overwrite: bool) -> None:
    """Years that are there already; a cache of something else is refused, or cleared away if so asked."""
    problems = Problems()
    found = _comparable(folder, header, cells, problems) if (folder / HEADER).exists() else None
    if problems and not overwrite:
        raise InputError(problems.found)
    if found is not None and not problems:
        header.years.update({name: year for name, year in found.years.items() if _serves(folder, found, header, name)})
    for path in folder.glob("*.part"):  # unfinished files of earlier versions
        path.unlink()
    for path in folder.glob("*.bin"):
        if not header.years.get(path.stem, YearFile(0, 0)).digest:
            path.unlink()


def _comparable(folder: Path, header: Header, cells, problems: Problems) -> Header | None:
    """The header that is there, with a problem for each thing in which it differs from the one wanted."""
    found = read_header(folder, problems)
    if found is None:
        return None
    compare_cells(folder, found, cells, problems)
    if not problems and not np.array_equal(found.cell, header.cell):
        expected = f"the {header.cell.size} of the domain; pack it again, with --overwrite or into another folder"
        message = "packed for other cells, or in another order"
        problems.add(
            message, source=folder, variable="cells", value=f"{counted(found.cell.size, 'cell')}", expected=expected
        )
    _compare_time(folder, found, header, problems)
    compare_source(folder, found, header.source, problems)
    return found


def _compare_time(folder: Path, found: Header, header: Header, problems: Problems) -> None:
    if found.calendar == header.calendar and found.step == header.step and np.array_equal(found.time, header.time):
        return
    expected = f"{_axis(header)}; pack it again, with --overwrite or into another folder"
    problems.add("packed for another period", source=folder, variable="time", value=_axis(found), expected=expected)


def _axis(header: Header) -> str:
    return f"{counted(header.time.size, 'step')} of {header.step:g} s from {header.time[0]}, {header.calendar}"


def _serves(folder: Path, found: Header, wanted: Header, name: str) -> bool:
    """True if a year's file is whole and holds the steps it would get now."""
    then, now = found.years[name], wanted.years.get(name)
    same_steps = now is not None and (then.first, then.steps) == (now.first, now.steps)
    return same_steps and _is_complete(folder, found, name)


def _is_complete(folder: Path, header: Header, name: str) -> bool:
    return bool(header.years[name].digest) and check_year(folder, header, name, Problems())


def _check_room(folder: Path, header: Header) -> None:
    needed = sum(header.bytes_of(year) for year in header.years.values() if not year.digest)
    free = shutil.disk_usage(folder).free
    if needed > free:
        problems = Problems()
        problems.add(
            "not enough disk space",
            source=folder,
            value=f"{free / 1e9:.3f} GB free",
            expected=f"{needed / 1e9:.3f} GB for the packed forcing",
        )
        problems.raise_if_any()


def _write_header(folder: Path, header: Header) -> None:
    with _reported(folder / HEADER):
        write_text(folder / HEADER, header.text())


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """A full disk is said to be one."""
    try:
        yield
    except OSError as error:
        if error.filename != str(path):
            raise
        problems = Problems()
        message = "the disk or quota is full" if error.errno in _FULL else str(error.strerror)
        problems.add(message, source=path, expected="free space; complete years are kept")
        raise InputError(problems.found) from error


def _pack_year(source: RegionalForcing, header: Header, name: str, folder: Path, memory: float) -> None:
    """Write one year's file and enter its digest."""
    year = header.years[name]
    take_notes = getattr(source, "take_notes", dict)
    take_notes()
    path = folder / f"{name}.bin"
    with _reported(path), replacement(path) as temporary, open(temporary, "wb", buffering=0) as file:
        hashes = [hashlib.sha256() for _ in range(header.blocks)]
        _fill(source, header, year, file.fileno(), hashes, memory)
        table = b"".join(one.digest() for one in hashes)
        _write_all(file.fileno(), table, header.bytes_of(year) - len(table))
    year.digest = hashlib.sha256(table).hexdigest()
    year.notes = take_notes()


def _fill(source: RegionalForcing, header: Header, year: YearFile, file: int, hashes: list, memory: float) -> None:
    """Read the year in pieces and put each block's part where it belongs."""
    found = Problems()
    row = 4 * LANES * 8
    for blocks, steps in pieces(source, header.cell.size, year.steps, memory):
        cells = header.cell[blocks.start * LANES : blocks.stop * LANES]
        try:
            values = source.read(cells, year.first + steps.start, year.first + steps.stop)
        except InputError as error:
            _add_new(found, error)
            continue
        if found:
            continue
        for number, part in zip(range(blocks.start, blocks.stop), in_blocks(values), strict=True):
            hashes[number].update(part)
            _write_all(file, part, (number * year.steps + steps.start) * row)
    found.raise_if_any()


def pieces(source: RegionalForcing, cells: int, steps: int, memory: float) -> Iterator[tuple[range, range]]:
    """Blocks and steps to be read at a time, within the memory granted, steps in order for each block.

    Parameters
    ----------
    source : RegionalForcing
    cells, steps : int
    memory : float
        MB.

    Yields
    ------
    blocks, steps : range
    """
    cost = getattr(source, "bytes_per_step", lambda count: _USUAL * count)
    limit, blocks = memory * _MB, -(-cells // LANES)
    whole, one = cost(cells), cost(min(cells, LANES))
    if getattr(source, "by_map", False) and whole <= limit:
        width, length = blocks, int(min(steps, limit // whole))
    else:
        length = int(min(steps, max(limit // one, 1)))
        width = int(min(blocks, max(limit // (one * length), 1)))
    for block in range(0, blocks, width):
        for step in range(0, steps, length):
            yield range(block, min(block + width, blocks)), range(step, min(step + length, steps))


def _write_all(file: int, data, place: int) -> None:
    left = memoryview(data).cast("B")
    while left.nbytes:
        written = os.pwrite(file, left, place)
        left, place = left[written:], place + written


def _add_new(found: Problems, error: InputError) -> None:
    """Problems not yet noted of the same variable: later pieces of a year repeat what the first one shows."""
    known = {_kind(problem) for problem in found.found}
    found.found.extend(problem for problem in error.problems if _kind(problem) not in known)


def _kind(problem) -> tuple[str, str]:
    return problem.variable, re.sub(r"[\d.,]+", "", problem.message).replace("cells", "cell")
