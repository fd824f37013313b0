"""A column as a user describes it, and the block fields that follow for one or many parameter sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lsmcal.core import calendars
from lsmcal.inputs.station.forcing import Forcing
from lsmcal.noah.integrate import Drivers
from lsmcal.noah.parameters.options import Choices
from lsmcal.noah.parameters.overrides import apply_parameter_set, bottom_temperature_offset
from lsmcal.noah.parameters.parameters import Surroundings, column_parameters
from lsmcal.noah.parameters.tables import Tables
from lsmcal.noah.runtime.grid import PAPER_THICKNESS, node_depths

#: Monthly green fraction of the published demonstration input, used where a case gives none.
DEMONSTRATION_GREENNESS = (0.01, 0.02, 0.07, 0.17, 0.27, 0.58, 0.93, 0.96, 0.65, 0.24, 0.11, 0.02)


@dataclass(frozen=True)
class ColumnSetup:
    """Everything about a column that no parameter set changes.

    Parameters
    ----------
    tables : Tables
        Before any parameter set; NROOT already on this grid.
    choices : Choices
    soil : (nz,) array of int
        Soil class of each layer, from 1.
    vegetation : int
        Vegetation class, from 1.
    around : Surroundings
        With the TBOT of the site [K], before any offset.
    thickness : (nz,) array
        Layer thicknesses [m].
    column_soil : int, optional
        Class of the column-wide parameters; default that of the first layer.
    greenness : (12,) array
        Green fraction of each month.
    albedo, leaf_area : (12,) array, optional
        Snow-free albedo and leaf area index of each month; by class and greenness where not given.
    substeps : int
        Model steps in a forcing step.
    linear : bool
        Interpolate forcing within a step.
    """

    tables: Tables
    choices: Choices
    soil: np.ndarray
    vegetation: int
    around: Surroundings
    thickness: np.ndarray = field(default_factory=PAPER_THICKNESS.copy)
    column_soil: int | None = None
    greenness: Sequence[float] = DEMONSTRATION_GREENNESS
    albedo: Sequence[float] | None = None
    leaf_area: Sequence[float] | None = None
    substeps: int = 1
    linear: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "thickness", np.asarray(self.thickness, np.float64))
        object.__setattr__(self, "soil", np.asarray(self.soil, int))
        if self.soil.shape != self.thickness.shape:
            raise ValueError(f"{self.soil.size} soil classes for {self.thickness.size} layers")

    @property
    def depth(self) -> np.ndarray:
        """Depth of the nodes, (nz,) [m]."""
        return node_depths(self.thickness)

    def parameter_fields(self, parameters: Mapping[str, float]) -> dict[str, np.ndarray]:
        """Parameter fields of one column under a parameter set."""
        tables = apply_parameter_set(self.tables, parameters, self.choices.passive)
        offset = bottom_temperature_offset(parameters)
        around = replace(self.around, tbot=np.asarray(self.around.tbot, float) + offset) if offset else self.around
        own = None if self.column_soil is None else [self.column_soil]
        return column_parameters(
            tables, self.thickness, self.soil[None], [self.vegetation], around, self.choices, column_soil=own
        )

    def drivers(self, forcing: Forcing) -> Drivers:
        """Forcing and phenology, shared by every column."""
        rows, row = self._phenology(forcing)
        return Drivers(forcing.stacked()[None, :, :, None], rows[None, :, :, None], row, float(forcing.step))

    def _phenology(self, forcing: Forcing) -> tuple[np.ndarray, np.ndarray]:
        """Distinct daily values (rows, 3) of greenness, albedo, leaf area, and the row of each step."""
        local = calendars.shift(forcing.time, 3600.0 * forcing.time_zone_hours, forcing.calendar)
        months, row = daily_rows(local, forcing.calendar)
        given = (self.greenness, self.albedo, self.leaf_area)
        monthly = np.array([np.full(12, -1.0) if values is None else values for values in given], np.float64)
        return month_rows(monthly, months).T, row


def daily_rows(local: np.ndarray, calendar: str) -> tuple[np.ndarray, np.ndarray]:
    """How monthly values are interpolated on each distinct day, for :func:`month_rows`, and the row of each step.

    Parameters
    ----------
    local : (n,) datetime64
        Start of each step on the clock whose days count.
    calendar : str

    Returns
    -------
    months : (3, rows) array
        Month before, month after (0-11), and the weight of the latter.
    row : (n,) array of int64
    """
    months, row = np.unique(np.stack(calendars.month_weights(local, calendar)), axis=1, return_inverse=True)
    return months, row.reshape(-1).astype(np.int64)


def month_rows(monthly: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Monthly values (n, 12) on the distinct days of :func:`daily_rows`, (n, rows)."""
    before, after, share = months[0].astype(int), months[1].astype(int), months[2]
    return (1.0 - share) * monthly[:, before] + share * monthly[:, after]
