"""Energy and temperature of chosen days, as ``lsmcal inspect`` shows them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.figures.style import date_axis, days, new_figure, tidy

_TERMS = {
    "absorbed": ("absorbed radiation", "#e69f00"),
    "sensible_heat": ("sensible heat", "#d55e00"),
    "latent_heat": ("latent heat", "#0072b2"),
    "ground_heat": ("ground heat", "#7f5f3f"),
    "melt_heat": ("snow melt", "#56b4e9"),
    "energy_surface": ("residual", "#000000"),
}


def energy_of_days(time: np.ndarray, terms: Mapping[str, np.ndarray]):
    """Terms of the surface energy balance through the inspected steps.

    Parameters
    ----------
    time : (n,) datetime64
    terms : mapping of str to (n,) array
        Fields of the column [W m-2].
    """
    figure = new_figure(9.0, 3.2)
    axis = figure.subplots()
    tidy(axis)
    for name, (label, colour) in _TERMS.items():
        if name in terms and np.any(terms[name]):
            axis.step(days(time), terms[name], where="post", color=colour, lw=1.3, label=label)
    axis.axhline(0.0, color="#666666", lw=0.6)
    axis.set_ylabel("flux [W m$^{-2}$]")
    date_axis(axis)
    figure.legend(loc="outside upper right", ncols=6, frameon=False, fontsize=9)
    return figure


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
    celsius = temperature - 273.15
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
