"""Soil parameters that follow others: field capacity, wilting point, diffusivity, F11, KDT and FRZX.

Source: Cosby et al. (1984) and Chen and Dudhia (2001), as in Noah's soil table. Checked against that table:
SATDW, F11 and WLTSMC of the twelve textures follow the formulas within rounding; REFSMC does except for loamy
sand, sandy loam and silt; gravel and bedrock do not. Plain recomputation would therefore move those classes
although nothing was perturbed, which is what the mode ``ratio`` avoids.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from lsmcal.noah.parameters.tables import ClassTable

PASSIVE_MODES = ("ratio", "formula", "table")
PARENTS = ("BB", "MAXSMC", "SATPSI", "SATDK")
FOLLOWERS = ("REFSMC", "WLTSMC", "DRYSMC", "SATDW", "F11")

DRAINAGE_AT_FIELD_CAPACITY = 5.79e-9  # m s-1, 0.5 mm a day
SUCTION_AT_WILTING = 200.0  # m
LARGEST_WILTING_SHARE = 0.99  # of field capacity; keeps the strict order when a set would break it


def field_capacity(maxsmc, bb, satdk):
    """REFSMC [m3 m-3]: ``MAXSMC (1/3 + 2/3 r)``, ``r = (5.79e-9 / SATDK)^(1 / (2 BB + 3))``.

    Parameters
    ----------
    maxsmc, bb, satdk : float or array
        Porosity [m3 m-3], Campbell exponent [1], saturated conductivity [m s-1].
    """
    r = (DRAINAGE_AT_FIELD_CAPACITY / satdk) ** (1.0 / (2.0 * bb + 3.0))
    return maxsmc * (1.0 + 2.0 * r) / 3.0


def wilting_point(maxsmc, bb, satpsi):
    """WLTSMC and DRYSMC [m3 m-3]: ``MAXSMC (200 / SATPSI)^(-1 / BB) / 2``; SATPSI in m."""
    return 0.5 * maxsmc * (SUCTION_AT_WILTING / satpsi) ** (-1.0 / bb)


def saturated_diffusivity(maxsmc, bb, satpsi, satdk):
    """SATDW [m2 s-1]: ``BB SATDK SATPSI / MAXSMC``."""
    return bb * satdk * satpsi / maxsmc


def f11_index(maxsmc, bb, satpsi):
    """F11 [1]: ``log10(SATPSI) + BB log10(MAXSMC) + 2``; read with the table, used by no equation."""
    return np.log10(satpsi) + bb * np.log10(maxsmc) + 2.0


def reference_infiltration(refkdt, satdk, refdk):
    """KDT [1]: ``REFKDT SATDK / REFDK``, the infiltration parameter of a soil class."""
    return refkdt * satdk / refdk


def frozen_infiltration_depth(frzk, maxsmc, refsmc):
    """FRZX [m]: ``FRZK (MAXSMC / REFSMC) (0.412 / 0.468)``, the ice threshold scaled from light clay."""
    return frzk * (maxsmc / refsmc) * (0.412 / 0.468)


def formula_values(bb, maxsmc, satpsi, satdk) -> dict[str, np.ndarray]:
    """All of :data:`FOLLOWERS` by formula; NaN where a class is no soil (water: SATPSI or SATDK zero).

    Parameters
    ----------
    bb, maxsmc, satpsi, satdk : (n,) array

    Returns
    -------
    dict of str to (n,) float64
    """
    parents = [np.asarray(values, dtype=np.float64) for values in (bb, maxsmc, satpsi, satdk)]
    is_soil = np.all([values > 0.0 for values in parents], axis=0)
    bb, maxsmc, satpsi, satdk = (np.where(is_soil, values, np.nan) for values in parents)
    wilting = wilting_point(maxsmc, bb, satpsi)
    return {
        "REFSMC": field_capacity(maxsmc, bb, satdk),
        "WLTSMC": wilting,
        "DRYSMC": wilting,
        "SATDW": saturated_diffusivity(maxsmc, bb, satpsi, satdk),
        "F11": f11_index(maxsmc, bb, satpsi),
    }


def ordered_limits(maxsmc, refsmc, wltsmc, drysmc):
    """Smallest change that gives ``DRYSMC <= WLTSMC < REFSMC <= MAXSMC``.

    Returns
    -------
    refsmc, wltsmc, drysmc : (n,) float64
    """
    refsmc = np.minimum(refsmc, maxsmc)
    wltsmc = np.minimum(wltsmc, LARGEST_WILTING_SHARE * refsmc)
    return refsmc, wltsmc, np.minimum(drysmc, wltsmc)


def _follow(soil: ClassTable, default: ClassTable, mode: str) -> dict[str, np.ndarray]:
    new = formula_values(*(soil[name] for name in PARENTS))
    if mode == "formula":
        wanted = new
    else:
        old = formula_values(*(default[name] for name in PARENTS))
        wanted = {name: default[name] * (new[name] / old[name]) for name in FOLLOWERS if name != "F11"}
        # F11 is a logarithm and changes sign among classes: a ratio has no meaning, a difference has.
        wanted["F11"] = default["F11"] + (new["F11"] - old["F11"])
    return {name: np.where(np.isfinite(wanted[name]), wanted[name], soil[name]) for name in FOLLOWERS}


def update_followers(
    soil: ClassTable,
    default: ClassTable,
    mode: str = "ratio",
    explicit: Collection[tuple[str, int]] = (),
) -> ClassTable:
    """Let the passive soil parameters follow changed parents, class by class.

    Parameters
    ----------
    soil : ClassTable
        Table with changed parents (BB, MAXSMC, SATPSI, SATDK) and explicitly set passive values.
    default : ClassTable
        The table as it was read.
    mode : {"ratio", "formula", "table"}
        ``ratio``: table value times formula(new) / formula(default), the table itself where nothing changed;
        ``formula``: always the formula, also for unchanged classes; ``table``: never updated.
    explicit : collection of (column, class number)
        Passive values that were set directly: they win over every mode and do not follow.

    Returns
    -------
    ClassTable
        DRYSMC <= WLTSMC < REFSMC <= MAXSMC holds in every class that differs from ``default``; a class that
        nothing touched keeps its values, even where the published table breaks that order.

    Raises
    ------
    ValueError
        For an unknown mode.
    """
    if mode not in PASSIVE_MODES:
        raise ValueError(f"no passive mode {mode!r}: choose one of {', '.join(PASSIVE_MODES)}")
    columns = dict(soil.columns)
    if mode != "table":
        columns.update(_follow(soil, default, mode))
    for column, number in explicit:
        columns[column] = np.array(columns[column])
        columns[column][number - 1] = soil.value(column, number)
    changed = np.any([columns[name] != default[name] for name in default.columns], axis=0)
    limits = ordered_limits(*(columns[name] for name in ("MAXSMC", "REFSMC", "WLTSMC", "DRYSMC")))
    for name, values in zip(("REFSMC", "WLTSMC", "DRYSMC"), limits, strict=True):
        columns[name] = np.where(changed, values, columns[name])
    return replace(soil, columns=columns)
