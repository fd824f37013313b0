"""Energy and temperature of chosen days, as ``lsmcal inspect`` shows them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.figures.style import FLUX, KELVIN, date_axis, days, new_figure, tidy

_STEFAN_BOLTZMANN = 5.67e-8


def energy_of_days(time: np.ndarray, terms: Mapping[str, np.ndarray]):
    """Terms of the surface energy balance through the inspected steps.

    Parameters
    ----------
    time : (n,) datetime64
    terms : mapping of str to (n,) array
        Fields of the column: fluxes [W m-2]; with "emissivity" [1] and "skin_temperature" [K] net radiation is
        drawn in place of absorbed radiation. Fluxes that are zero throughout are left out.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 3.2)
    axis = figure.subplots()
    tidy(axis)
    terms, edges = _with_net_radiation(terms), _edges(days(time))
    for name, (label, colour) in FLUX.items():
        if name in terms and np.any(terms[name]):
            axis.step(edges, np.append(terms[name], terms[name][-1:]), where="post", color=colour, lw=1.3, label=label)
    axis.axhline(0.0, color="#666666", lw=0.6)
    axis.set_ylabel("flux [W m$^{-2}$]")
    date_axis(axis)
    figure.legend(loc="outside upper right", ncols=6, frameon=False, fontsize=9)
    return figure


def _edges(start: np.ndarray) -> np.ndarray:
    """Starts of steps, and the end of the last, (n + 1,)."""
    last = np.median(np.diff(start).astype(np.int64)) if start.size > 1 else 10800
    return np.append(start, start[-1:] + np.timedelta64(int(last), "s"))


def _with_net_radiation(terms: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    terms = dict(terms)
    if {"absorbed", "emissivity", "skin_temperature"} <= terms.keys():
        emitted = terms["emissivity"] * _STEFAN_BOLTZMANN * terms["skin_temperature"] ** 4
        terms["net_radiation"] = terms.pop("absorbed") - emitted
    return terms


def profile_of_days(depth: np.ndarray, temperature: np.ndarray, liquid: np.ndarray, water: np.ndarray):
    """Profiles of temperature and water over the inspected steps: range and mean.

    Parameters
    ----------
    depth : (nz,) array
        [m].
    temperature : (n, nz) array
        [K].
    liquid, water : (n, nz) arrays
        [m3 m-3].
    """
    figure = new_figure(9.0, 4.0)
    left, right = figure.subplots(1, 2, sharey=True)
    for axis in (left, right):
        tidy(axis)
    celsius = temperature - KELVIN
    left.fill_betweenx(depth, celsius.min(axis=0), celsius.max(axis=0), color="#f3d9c6")
    left.plot(celsius.mean(axis=0), depth, "o-", ms=3, color="#d55e00")
    left.axvline(0.0, color="#666666", lw=0.6)
    left.set_xlabel("temperature [°C]")
    left.set_ylabel("depth [m]")
    right.plot(water.mean(axis=0), depth, "o-", ms=3, color="#000000", label="total water")
    right.plot(liquid.mean(axis=0), depth, "o-", ms=3, color="#0072b2", label="liquid water")
    right.set_xlabel("water [m$^3$ m$^{-3}$]")
    right.legend(frameon=False, loc="lower right")
    left.invert_yaxis()
    return figure
