"""Ways to damage a file, drawn by chance."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

WAYS = ("flip", "bytes", "cut", "zeros", "junk", "empty")


def spoil(path: Path, chance: Random, way: str | None = None) -> str:
    """Damage a file in place; what was done, in words. Places are shares of the size, which may vary by some bytes.

    Parameters
    ----------
    path : Path
    chance : Random
    way : str, optional
        One of :data:`WAYS`; by default by chance.
    """
    way = way or chance.choice(WAYS)
    size = path.stat().st_size
    if way == "empty" or not size:
        os.truncate(path, 0)
        return "emptied"
    if way == "cut":
        left = int(chance.random() * size)
        os.truncate(path, left)
        return f"cut to {left} of {size} bytes"
    if way == "junk":
        count = chance.choice((1, 20, 4096))
        with open(path, "ab") as file:
            file.write(chance.randbytes(count))
        return f"{count} bytes appended to {size}"
    content = bytearray(path.read_bytes())
    if way == "zeros":
        count = min(size, chance.choice((16, 512, 4096)))
        start = int(chance.random() * (size - count + 1))
        content[start : start + count] = bytes(count)
        said = f"{count} zeros at {start} of {size}"
    else:
        places = sorted(int(chance.random() * size) for _ in range(1 if way == "flip" else chance.randint(1, 8)))
        for place in places:
            content[place] ^= 1 << chance.randrange(8) if way == "flip" else chance.randint(1, 255)
        said = f"{'bit flipped' if way == 'flip' else 'bytes changed'} at {', '.join(map(str, places))} of {size}"
    with open(path, "r+b") as file:
        file.write(content)
    return said
