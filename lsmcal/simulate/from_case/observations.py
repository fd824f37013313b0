"""What was observed at a site: read from a file, or what sensors in the ground of a hidden run would have measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lsmcal.core.errors import Problems
from lsmcal.core.progress import part_of
from lsmcal.inputs.observed.series import Observations, read_observations
from lsmcal.permafrost.profiles import at_depths
from lsmcal.simulate.site import Site


def observations_of(case, site: Site, progress=None) -> dict[str, Observations]:
    """What was observed at a case's site: read from its file, or made by its hidden twin; on the forcing's clock.

    Raises
    ------
    InputError
        When the case has no observations, or its file is bad.
    RunFailed
        When the hidden set makes the model fail.
    """
    zone = site.forcing.time_zone_hours
    if case.observations is None:
        problems = Problems()
        problems.add("the case has no observations", source=case.source, expected="a section [observations]")
        problems.raise_if_any()
    if case.observations.format == "twin":
        hidden = case.observations
        run = site.run(dict(hidden.hidden), progress=part_of(progress, "twin"))
        start = run.time.astype("datetime64[s]") - np.timedelta64(round(3600 * zone), "s")
        profile = run.variables["soil_temperature"]
        seen = twin_observations(start, profile, run.depth, hidden.depths, hidden.noise, hidden.seed, run.step, zone)
        return {seen.kind: seen}
    observed = read_observations(case.observation_spec())
    return {kind: one.on_clock(zone) for kind, one in observed.items()}


def check_depths(case, observed: Mapping[str, Observations], problems: Problems) -> None:
    """Note sensors below the column that would be compared with its last node.

    Parameters
    ----------
    case : Case
        Of a site; where its goal names depths, others of that kind are not looked at.
    observed : mapping of str to Observations
        By kind.
    problems : Problems
    """
    if case.observations is None or case.observations.format == "twin":  # its depths are keys of the case
        return
    bottom, goal = float(sum(case.grid.thickness)), case.calibrate.goal
    for kind, seen in observed.items():
        named = goal.depths if kind == goal.variable and goal.depths else seen.depth
        for place in np.flatnonzero(seen.depth > bottom + 1e-9) if kind != "snow_depth" else ():
            depth = float(seen.depth[place])
            if not np.isclose(named, depth, atol=5e-4).any():
                continue
            problems.add(
                "lies below the column",
                source=case.find(case.observations.file, "observations.file", problems),
                variable=seen.columns[place] if seen.columns else kind,
                value=f"{depth:g} m",
                expected=f"at most {bottom:g} m; a deeper grid, or depths without it",
            )


def twin_observations(
    time: np.ndarray,
    profile: np.ndarray,
    nodes: np.ndarray,
    depths: Sequence[float],
    noise: float,
    seed: int,
    step: float = 86400.0,
    time_zone_hours: float = 0.0,
) -> Observations:
    """What sensors would have measured in the ground of a run with hidden parameters.

    Parameters
    ----------
    time : (n,) datetime64
        UTC: start of each record.
    profile : (n, layers) array
        Mean soil temperature of each record of the hidden run [K].
    nodes : (layers,) array
        [m]
    depths : sequence of float
        Of the sensors [m].
    noise : float
        Standard deviation of the independent error of each value [K].
    seed : int
    step : float
        Length of a record [s].
    time_zone_hours : float
        Clock whose midnights divide the days, minus UTC.

    Returns
    -------
    Observations
    """
    sensors = np.unique(np.asarray(depths, np.float64))
    truth = at_depths(profile, nodes, sensors)
    seen = truth + np.random.default_rng(seed).normal(0.0, noise, truth.shape)
    start = np.asarray(time).astype("datetime64[s]")
    return Observations("soil_temperature", start, sensors, seen, step=step, time_zone_hours=time_zone_hours)
