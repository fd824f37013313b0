"""Water of whole years, and heat fluxes through the year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lsmcal.figures.style import FLUX, new_figure, tidy

_WATER = {"evaporation": "#009e73", "runoff": "#56b4e9"}


def water_by_year(names: Sequence[str], precipitation: np.ndarray, evaporation: np.ndarray, runoff: np.ndarray):
    """Where the precipitation of each year went; what is missing to the black bar went into storage.

    Parameters
    ----------
    names : sequence of str
        Labels of the years.
    precipitation, evaporation, runoff : (m,) arrays
        [kg m-2], that is mm.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 2.8)
    axis = figure.subplots()
    tidy(axis)
    place = np.arange(len(names))
    axis.bar(place - 0.2, precipitation, 0.36, color="#444444", label="precipitation")
    base = np.zeros(len(names))
    for label, values in (("evaporation", evaporation), ("runoff", runoff)):
        values = np.nan_to_num(np.asarray(values, np.float64))
        axis.bar(place + 0.2, values, 0.36, bottom=base, color=_WATER[label], label=label)
        base = base + values
    shown = place[:: -(-len(names) // 20)] if len(names) else place
    axis.set_xticks(shown, [names[k] for k in shown])
    room = max(0.7, 2.2 - 0.5 * len(names))
    axis.set_xlim(-room, len(names) - 1 + room)
    axis.set_ylabel("water [mm per year]")
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    return figure


def fluxes_by_month(time: np.ndarray, fluxes: Mapping[str, np.ndarray]):
    """Mean heat fluxes of each month of the year.

    Parameters
    ----------
    time : (n,) datetime64
    fluxes : mapping of str to (n,) array
        Keys of :data:`lsmcal.figures.style.FLUX` [W m-2]; NaN where missing.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 2.8)
    axis = figure.subplots()
    tidy(axis)
    month = np.asarray(time, "datetime64[M]").astype(np.int64) % 12
    for name, values in fluxes.items():
        label, colour = FLUX[name]
        axis.plot(np.arange(12), _monthly(month, np.asarray(values, np.float64)), "o-", ms=4, color=colour, label=label)
    axis.axhline(0.0, color="#666666", lw=0.6)
    axis.set_xticks(np.arange(12), ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])
    axis.set_ylabel("flux [W m$^{-2}$]")
    figure.legend(loc="outside upper right", ncols=len(fluxes), frameon=False)
    return figure


def _monthly(month: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean of each month (12,); NaN for months without values."""
    good = np.isfinite(values)
    count = np.bincount(month[good], minlength=12)
    total = np.bincount(month[good], weights=values[good], minlength=12)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
