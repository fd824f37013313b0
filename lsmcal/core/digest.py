"""Hashes that tell one input from another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

#: Hex digits that are enough to tell the inputs of one study apart.
SHORT = 16


def digest(value: object) -> str:
    """sha256 of plain values, in hex; the order of keys does not matter."""
    return digest_of_text(json.dumps(value, sort_keys=True))


def digest_of_text(text: str) -> str:
    """sha256 of text as UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_file(path: Path) -> str:
    """sha256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_parts(parts: Iterable[np.ndarray | str]) -> str:
    """sha256 of the bytes of arrays and texts one after the other, in hex; shapes and kinds do not count."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else np.ascontiguousarray(part).tobytes())
    return whole.hexdigest()
