"""Energy, temperature and water of chosen days, as ``lsmcal inspect`` shows them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.figures.style import FLUX, KELVIN, date_axis, days, new_figure, tidy

_STEFAN_BOLTZMANN = 5.67e-8
#: Stretches of days side by side, and days with a profile of their own; beyond them only range and mean are clear.
_IN_A_ROW, _PROFILES = 3, 5
_COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#000000")
_DEPTHS = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 40.0)


def energy_of_days(time: np.ndarray, terms: Mapping[str, np.ndarray], clock: float | None = None):
    """Terms of the surface energy balance through the inspected steps; days that do not follow stand side by side.

    Parameters
    ----------
    time : (n,) datetime64
        Start of each step.
    terms : mapping of str to (n,) array
        Fields of the column: fluxes [W m-2]; with "emissivity" [1] and "skin_temperature" [K] net radiation is
        drawn in place of absorbed radiation. Fluxes that are zero throughout are left out.
    clock : float, optional
        Hours by which the times are ahead of UTC, for the label.

    Returns
    -------
    matplotlib.figure.Figure
    """
    terms, parts = _with_net_radiation(terms), _stretches(time)
    columns = min(len(parts), _IN_A_ROW)
    rows = -(-len(parts) // columns)
    figure = new_figure(9.0, 0.7 + 2.6 * rows)
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for axis, part in zip(axes, parts, strict=False):
        _draw_fluxes(axis, time[part], {name: values[part] for name, values in terms.items() if np.any(values)})
        axis.set_title(_span(time[part]), loc="left", fontsize=10)
    for axis in axes[len(parts) :]:
        axis.set_visible(False)
    for axis in axes[: len(parts) : columns]:
        axis.set_ylabel("flux [W m$^{-2}$]")
    figure.supxlabel(_clock(clock), fontsize=9)
    lines, labels = axes[0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside upper center", ncols=4, frameon=False, fontsize=9)
    return figure


def _draw_fluxes(axis, time: np.ndarray, terms: Mapping[str, np.ndarray]) -> None:
    tidy(axis)
    edges = _edges(days(time))
    for name, (label, colour) in FLUX.items():
        if name in terms:
            values = np.append(terms[name], terms[name][-1:])
            axis.step(edges, values, where="post", color=colour, lw=1.3, label=_DIRECTION.get(name, label))
    axis.axhline(0.0, color="#666666", lw=0.6)
    date_axis(axis)
    axis.xaxis.get_major_formatter().show_offset = False
    axis.tick_params(axis="x", labelsize=9)


#: Fluxes with the direction in which they are positive.
_DIRECTION = {
    "net_radiation": "net radiation (gain)",
    "sensible_heat": "sensible heat (upward)",
    "latent_heat": "latent heat (upward)",
    "ground_heat": "ground heat (downward)",
}


def _clock(hours: float | None) -> str:
    return "time" if hours is None else "time, UTC" if hours == 0.0 else f"time, UTC{hours:+g} h"


def _stretches(time: np.ndarray) -> list[slice]:
    """Steps of days that follow one another."""
    day = np.asarray(time, "datetime64[D]").astype(np.int64)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(day) > 1) + 1, [day.size]])
    return [slice(first, last) for first, last in zip(edges[:-1], edges[1:], strict=True)]


def _span(time: np.ndarray) -> str:
    first, last = (np.datetime64(moment, "D") for moment in (time[0], time[-1]))
    return str(first) if first == last else f"{first} to {last}"


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


def profile_of_days(
    time: np.ndarray, depth: np.ndarray, temperature: np.ndarray, liquid: np.ndarray, water: np.ndarray
):
    """Profiles of temperature (mean and range) and water (mean) of each day, or of all together if they are many.

    Parameters
    ----------
    time : (n,) datetime64
    depth : (nz,) array
        [m].
    temperature : (n, nz) array
        [K].
    liquid, water : (n, nz) arrays
        [m3 m-3].

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 4.4)
    left, right = figure.subplots(1, 2, sharey=True)
    for axis in (left, right):
        tidy(axis)
    for (name, steps), colour in zip(_by_day(time).items(), _COLOURS, strict=False):
        celsius = temperature[steps] - KELVIN
        left.fill_betweenx(depth, celsius.min(axis=0), celsius.max(axis=0), color=colour, alpha=0.18, lw=0)
        left.plot(celsius.mean(axis=0), depth, "o-", ms=3, color=colour, label=name)
        right.plot(water[steps].mean(axis=0), depth, "o-", ms=3, color=colour, label=f"{name}, liquid and ice")
        right.plot(liquid[steps].mean(axis=0), depth, "o--", ms=3, mfc="white", color=colour, label=f"{name}, liquid")
    left.axvline(0.0, color="#666666", lw=0.6)
    left.set_xlabel("soil temperature, mean and range [°C]")
    left.set_ylabel("depth [m]")
    right.set_xlabel("soil water [m$^3$ m$^{-3}$]")
    right.xaxis.set_major_locator(_few())
    _depth_axis(left, depth)
    for axis in (left, right):
        axis.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.2)
    return figure


def _by_day(time: np.ndarray) -> dict[str, np.ndarray]:
    """Steps of each day, or of all days together if they are too many to be told apart."""
    day = np.asarray(time, "datetime64[D]")
    single = np.unique(day)
    if single.size > _PROFILES:
        return {f"{single.size} days, {single[0]} to {single[-1]}": np.ones(day.shape, bool)}
    return {str(one): day == one for one in single}


def _few():
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(6)


def _depth_axis(axis, depth: np.ndarray) -> None:
    """Depth downward, by its square root: the uppermost metre, where most happens, is not squeezed."""
    axis.set_yscale("function", functions=(lambda d: np.sqrt(np.maximum(d, 0.0)), np.square))
    axis.set_ylim(1.05 * float(depth[-1]), 0.0)
    axis.set_yticks([tick for tick in _DEPTHS if tick <= 1.05 * depth[-1]])
    axis.yaxis.set_major_formatter("{x:g}")
    axis.minorticks_off()
