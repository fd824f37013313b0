"""Weather of a region packed by cell, read at the speed of memory; :mod:`lsmcal.inputs.gridded.packed_header` has the
format."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from lsmcal.core.errors import InputError, Problems
from lsmcal.inputs.gridded.packed_header import (
    DIGEST_BYTES,
    LANES,
    Header,
    check_year,
    compare_cells,
    compare_source,
    digests_of,
    in_blocks,
    read_header,
)
from lsmcal.inputs.gridded.protocol import positions
from lsmcal.inputs.station.forcing import FORCING_VARIABLES


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
            value = f"{len(open_years)} of {len(header.years)} years are missing"
            problems.add(
                "packing is incomplete",
                source=self.folder,
                where=open_years[0],
                value=value,
                expected="complete packed forcing; the same lsmcal forcing pack resumes",
            )
        for name in header.years:
            if name not in open_years:
                check_year(self.folder, header, name, problems)
        if cells is not None:
            compare_cells(self.folder, header, cells, problems)
        if source is not None:
            compare_source(self.folder, header, source, problems)
        problems.raise_if_any()
        self._header = header
        self._maps: dict[str, np.ndarray] = {}
        self._sound: set[tuple[str, int]] = set()
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
        table = digests_of(path, self._header, self._header.years[name])
        wrong = [
            b for b in blocks if hashlib.sha256(data[b]).digest() != table[b * DIGEST_BYTES : (b + 1) * DIGEST_BYTES]
        ]
        if wrong:
            first = wrong[0] * LANES
            problems.add(
                f"{len(wrong)} of {self._header.blocks} blocks are damaged",
                source=path,
                variable="sha256",
                where=f"block {wrong[0]}, from cell {int(self.cell[first])} on",
                expected="blocks that agree with their checksums; remove the file and pack again",
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


def _notes(header: Header) -> dict[str, str]:
    total: Counter[str] = Counter()
    for year in header.years.values():
        total.update(year.notes)
    return {name: f"{count} values just outside their limits clipped" for name, count in total.items()}
