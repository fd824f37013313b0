"""Columns in blocks: allocation, filling and reading back.

A column ``i`` stands in block ``i // LANES``, lane ``i % LANES``. Idle lanes of the last block repeat its first column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lsmcal.noah.runtime.jit import JIT_DISABLED, LANES
from lsmcal.noah.runtime.state import COLUMN, COLUMN_NAMES, LAYER, LAYER_NAMES


def block_count(columns: int) -> int:
    """Number of blocks that hold so many columns."""
    return -(-columns // LANES)


#: A row of lanes starts on a cache line: vector loads across two lines cost twice.
_ALIGNMENT = 64


def _zeros(shape, dtype: np.dtype) -> np.ndarray:
    size = int(np.prod(shape)) * dtype.itemsize
    buffer = np.zeros(size + _ALIGNMENT, np.uint8)
    start = -buffer.ctypes.data % _ALIGNMENT
    array = buffer[start : start + size].view(dtype).reshape(shape)
    # attribute access to fields in plain Python needs a record array
    return array.view(np.recarray) if JIT_DISABLED else array


def _lanes(values: np.ndarray, columns: int) -> np.ndarray:
    """Bring (columns, ...) to (blocks, ..., LANES), repeating the first column of the last block in idle lanes."""
    blocks = block_count(columns)
    index = np.arange(blocks * LANES)
    index = np.where(index < columns, index, (columns - 1) // LANES * LANES)
    shaped = values[index].reshape(blocks, LANES, *values.shape[1:])
    return np.moveaxis(shaped, 1, -1)


class Blocks:
    """State, parameters and work space of a number of columns.

    Parameters
    ----------
    columns : int
        Number of columns.
    layers : int
        Number of soil layers.

    Attributes
    ----------
    column : (blocks,) array of COLUMN records
    layer : (blocks, layers) array of LAYER records
    """

    def __init__(self, columns: int, layers: int):
        if columns < 1 or layers < 2:
            raise ValueError(f"need at least 1 column and 2 layers, got {columns} and {layers}")
        self.columns = columns
        self.layers = layers
        self.column = _zeros(block_count(columns), COLUMN)
        self.layer = _zeros((block_count(columns), layers), LAYER)

    def set(self, values: Mapping[str, np.ndarray]) -> None:
        """Set fields by name: those of the column from (columns,), those of layers from (columns, layers) or (layers,).

        Raises
        ------
        KeyError
            For a name that is no field.
        """
        for name, value in values.items():
            if name in COLUMN_NAMES and name in LAYER_NAMES:
                at_layer = np.ndim(value) == 2
            else:
                at_layer = name in LAYER_NAMES
            if at_layer:
                full = np.broadcast_to(np.asarray(value, np.float64), (self.columns, self.layers))
                self.layer[name] = _lanes(full, self.columns)
            elif name in COLUMN_NAMES:
                full = np.broadcast_to(np.asarray(value, np.float64), (self.columns,))
                self.column[name] = _lanes(full, self.columns)
            else:
                raise KeyError(f"{name} is no field of a column or layer")

    def column_field(self, name: str) -> np.ndarray:
        """A column field as (columns,)."""
        return np.asarray(self.column[name]).reshape(-1)[: self.columns].copy()

    def layer_field(self, name: str) -> np.ndarray:
        """A layer field as (columns, layers)."""
        field = np.moveaxis(np.asarray(self.layer[name]), 1, 2)
        return field.reshape(-1, self.layers)[: self.columns].copy()

    def get(self, column: Iterable[str] = (), layer: Iterable[str] = ()) -> dict[str, np.ndarray]:
        """Several fields by name."""
        found = {name: self.column_field(name) for name in column}
        found.update({name: self.layer_field(name) for name in layer})
        return found

    def copy(self) -> Blocks:
        """An independent copy."""
        twin = object.__new__(Blocks)
        twin.columns, twin.layers = self.columns, self.layers
        twin.column, twin.layer = _zeros(self.column.shape, COLUMN), _zeros(self.layer.shape, LAYER)
        twin.column[...], twin.layer[...] = self.column, self.layer
        return twin

    def of_columns(self, index: np.ndarray) -> Blocks:
        """Some of the columns, with all their fields, in blocks of their own."""
        index = np.asarray(index)
        some = Blocks(index.size, self.layers)
        block, lane = np.divmod(_lanes(index, index.size), LANES)
        for name in COLUMN_NAMES:
            some.column[name] = np.asarray(self.column[name])[block, lane]
        for name in LAYER_NAMES:
            some.layer[name] = np.moveaxis(np.asarray(self.layer[name])[block, :, lane], 1, 2)
        return some

    @classmethod
    def joined(cls, parts: Sequence[Blocks]) -> Blocks:
        """The columns of several blocks one after the other, with all their fields."""
        whole = cls(sum(part.columns for part in parts), parts[0].layers)
        for name in COLUMN_NAMES:
            whole.column[name] = _lanes(np.concatenate([part.column_field(name) for part in parts]), whole.columns)
        for name in LAYER_NAMES:
            whole.layer[name] = _lanes(np.concatenate([part.layer_field(name) for part in parts]), whole.columns)
        return whole

    @property
    def nbytes(self) -> int:
        """Memory held, bytes."""
        return self.column.nbytes + self.layer.nbytes
