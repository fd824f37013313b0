"""The class of the ground by the two-year rule: permafrost, seasonally frozen, unfrozen."""

from __future__ import annotations

import numpy as np

from lsmcal.noah.physics.constants import T0

#: Codes of the classes. A cell that is OUT is glacier, lake or outside the domain.
OUT, UNDETERMINED, PERMAFROST, SEASONALLY_FROZEN, UNFROZEN = -1, 0, 1, 2, 3
CLASS_NAMES = {
    OUT: "out",
    UNDETERMINED: "undetermined",
    PERMAFROST: "permafrost",
    SEASONALLY_FROZEN: "seasonally_frozen",
    UNFROZEN: "unfrozen",
}


def class_of_year(before: np.ndarray, maximum: np.ndarray, minimum: np.ndarray) -> np.ndarray:
    """Class in one year, from the extremes of its layers and the maxima of the year before.

    Permafrost: some layer's maximum is not above 0 degC in either year. Otherwise seasonally frozen: some layer's
    minimum is not above 0 degC in the second year. Otherwise unfrozen. Harris et al. 1988 (two years); a layer
    counts only if it is the same one in both years.

    Parameters
    ----------
    before : (..., layers) array
        Yearly maximum temperature of the year before [K].
    maximum, minimum : (..., layers) arrays
        Yearly extremes [K].

    Returns
    -------
    (...) array of int8
        Undetermined where missing values (NaN) could change the answer, or where the year before or the year
        itself has no value at all. A layer without a value in both years is taken as not there.
    """
    before, maximum, minimum = (np.asarray(values, np.float64) for values in (before, maximum, minimum))
    there = np.isfinite(before) | np.isfinite(maximum)
    frozen = ((before <= T0) & (maximum <= T0)).any(axis=-1)
    may_be_frozen = (there & ~(before > T0) & ~(maximum > T0)).any(axis=-1)
    cold = (minimum <= T0).any(axis=-1)
    may_be_cold = (there & ~(minimum > T0)).any(axis=-1)
    found = np.where(cold, SEASONALLY_FROZEN, np.where(may_be_cold, UNDETERMINED, UNFROZEN))
    found = np.where(frozen, PERMAFROST, np.where(may_be_frozen, UNDETERMINED, found))
    known = np.isfinite(before).any(axis=-1) & np.isfinite(maximum).any(axis=-1)
    return np.where(known, found, UNDETERMINED).astype(np.int8)


def classify(
    maximum: np.ndarray,
    minimum: np.ndarray,
    years: np.ndarray | None = None,
    excluded: np.ndarray | None = None,
) -> np.ndarray:
    """Class in each year; see :func:`class_of_year`.

    The first year has no year before it and is undetermined everywhere, and so is a year after a gap.

    Parameters
    ----------
    maximum, minimum : (..., years, layers) arrays
        Yearly extremes of each layer [K].
    years : (years,) array of int, optional
        Calendar years, ascending; successive if not given.
    excluded : (...) array of bool, optional
        Glacier and lake cells: they are out.

    Returns
    -------
    (..., years) array of int8
        Codes of :data:`CLASS_NAMES`.

    Raises
    ------
    ValueError
        Shapes that differ, or years that do not ascend.
    """
    maximum, minimum = np.asarray(maximum), np.asarray(minimum)
    if maximum.shape != minimum.shape or maximum.ndim < 2:
        raise ValueError(f"need two arrays (..., years, layers) alike, got {maximum.shape} and {minimum.shape}")
    count = maximum.shape[-2]
    years = np.arange(count) if years is None else np.asarray(years)
    if years.shape != (count,) or (np.diff(years) < 1).any():
        raise ValueError(f"need {count} ascending years, got {years.tolist()}")
    found = np.full(maximum.shape[:-1], UNDETERMINED, np.int8)
    for index in np.flatnonzero(np.diff(years) == 1) + 1:
        found[..., index] = class_of_year(maximum[..., index - 1, :], maximum[..., index, :], minimum[..., index, :])
    if excluded is not None:
        found[np.asarray(excluded, bool)] = OUT
    return found
