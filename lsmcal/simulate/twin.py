"""Observations of a twin: what sensors in the model's own ground would have measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lsmcal.core.progress import part_of
from lsmcal.inputs.observed.series import Observations
from lsmcal.simulate.site import Site


def twin_observations(
    site: Site, hidden: Mapping[str, float], depths: Sequence[float], noise: float, seed: int, progress=None
) -> dict[str, Observations]:
    """Daily soil temperature of a run with a hidden parameter set, with noise.

    Parameters
    ----------
    site : Site
    hidden : parameter set
    depths : sequence of float
        [m].
    noise : float
        Standard deviation of the independent error of each daily value [K].
    seed : int
    progress : callable, optional
        Called with (stage, done, of).

    Returns
    -------
    dict
        ``soil_temperature`` to its Observations.

    Raises
    ------
    RunFailed
        When the hidden set makes the model fail.
    """
    run = site.run(dict(hidden), progress=part_of(progress, "twin"))
    depths = np.asarray(sorted(depths), np.float64)
    truth = run.at_depth(depths)
    error = np.random.default_rng(seed).normal(0.0, noise, truth.shape)
    zone = site.forcing.time_zone_hours
    start = run.time.astype("datetime64[s]") - np.timedelta64(round(3600 * zone), "s")
    observed = Observations("soil_temperature", start, depths, truth + error, step=run.step, time_zone_hours=zone)
    return {"soil_temperature": observed}
