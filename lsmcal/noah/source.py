"""Which state of the model's source this is, and which states compute the same numbers."""

from __future__ import annotations

import csv
import hashlib
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
#: States of the source and the numbers they compute; not part of the source itself, so that it can name it.
_STATES = _FOLDER / "known_sources.csv"


@cache
def source_hash() -> str:
    """Hash of every Python file of this package, 16 hex digits: it names compiled kernels.

    numba does not notice a changed callee in another file, so that each state has kernels of its own.
    """
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*.py")):
        digest.update(path.relative_to(_FOLDER).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def known_sources() -> dict[str, str]:
    """States of the source, by their hash, and a name of the numbers they compute: that of the first such state."""
    with _STATES.open(encoding="utf-8", newline="") as file:
        return {row["source"]: row["numbers"] for row in csv.DictReader(file)}


def numbers_hash() -> str:
    """What results depend on: states of the source that compute the same bits share it; an unknown state has its own.

    Histories and equilibria of an earlier release stay valid when files were only moved or reformatted.
    """
    return known_sources().get(source_hash(), source_hash())
