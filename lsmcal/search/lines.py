"""Lines of a search history: plain JSON with a checksum, and what is said of a line that cannot be trusted."""

from __future__ import annotations

import json
import math
import re
import shlex
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lsmcal.core.words import agreeing, counted

#: Key of the checksum, the last of its line.
CHECKSUM = "crc32"
_END = re.compile(rb',"crc32":"([0-9a-f]{8})"\}\Z')


class HistoryError(Exception):
    """A journal that cannot be used; the message says why and what to do."""


class NoHistory(HistoryError):
    """There is no journal, or nothing in it yet."""


class LineError(Exception):
    """A line that cannot be trusted; the message says why."""


@dataclass(frozen=True)
class Line:
    """A line that was read.

    Parameters
    ----------
    value : dict
        Without its checksum.
    checked : bool
        Whether it had one; lines of earlier versions do not.
    """

    value: dict
    checked: bool


def line_of(value: Mapping) -> bytes:
    """Plain values as a line of JSON that ends with the CRC-32 of what stands before it.

    The checksum, eight hexadecimal digits, is that of the line without the key ``crc32`` and the line end.
    """
    body = json.dumps(plain_values(value), allow_nan=False, separators=(",", ":")).encode()
    return body[:-1] + f',"{CHECKSUM}":"{zlib.crc32(body):08x}"}}\n'.encode()


def read_line(line: bytes) -> Line:
    """A line without its end.

    Raises
    ------
    LineError
        When it is no JSON object, or its checksum is wrong.
    """
    found = _END.search(line)
    body = line[: found.start()] + b"}" if found else line
    if found and int(found[1], 16) != zlib.crc32(body):
        raise LineError("its checksum is wrong")
    try:
        value = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise LineError("it is not JSON") from None
    if not isinstance(value, dict) or CHECKSUM in value:
        raise LineError("it is not one JSON object with its checksum at the end")
    return Line(value, found is not None)


def _refuse(name: str) -> float:
    raise ValueError(name)


def plain_values(value: object) -> object:
    """Plain JSON values; numbers that are not finite become null."""
    if isinstance(value, Mapping):
        return {str(key): plain_values(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain_values(value.tolist())
    if isinstance(value, list | tuple):
        return [plain_values(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return str(value)


def refusal(path: Path, number: int, reason: str, lines: int) -> HistoryError:
    """What to say of a line that cannot be trusted: what is good, what is lost, and what to type to go on.

    Parameters
    ----------
    path : Path
    number : int
        Of the line, from 1. Line 1 is the header, line 2 trial 0.
    reason : str
    lines : int
        Of the whole file.
    """
    kept = _free_name(path)
    move = f"mv {shlex.quote(str(path))} {shlex.quote(str(kept))}"
    if number == 1:
        rest = counted(lines - 1, "trial")
        return HistoryError(
            f"{path}: line 1, which says what the search depends on, is damaged: {reason}.\n"
            f"Without it the {rest} that {agreeing(lines - 1, 'follows', 'follow')} cannot be used.\n"
            f"Restore the file from a copy, or type this and repeat the command to start the search again:\n    {move}"
        )
    good, lost = number - 2, lines - number + 1
    head = f"head -n {number - 1} {shlex.quote(str(kept))} > {shlex.quote(str(path))}"
    standing = f"Lines 1 to {number - 1} are good ({counted(good, 'trial')})" if good else "Line 1 is good (no trial)"
    return HistoryError(
        f"{path}: line {number} (trial {number - 2}) is damaged: {reason}.\n"
        f"{standing}; {counted(lost, 'trial')} from there on {agreeing(lost, 'is', 'are')} lost and computed again.\n"
        f"To go on from the good lines, type this and repeat the command; the damaged file is kept beside it:\n"
        f"    {move} && {head}"
    )


def _free_name(path: Path) -> Path:
    """A name beside a file that no file has yet."""
    for number in range(1, 10_000):
        kept = path.with_name(f"{path.name}.damaged" + (f"-{number}" if number > 1 else ""))
        if not kept.exists():
            return kept
    return path.with_name(f"{path.name}.damaged")
