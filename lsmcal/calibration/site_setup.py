"""From a case to a calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from lsmcal.calibration.space import space_of_site
from lsmcal.core.errors import Problems
from lsmcal.evaluation.site import Target, make_target
from lsmcal.inputs.observed.series import Observations
from lsmcal.parameters.space import Space
from lsmcal.simulate.site import Site
from lsmcal.simulate.site_setup import observations_of, site_of


@dataclass(frozen=True)
class Calibration:
    """A site, what it is judged by, and how the search goes.

    Parameters
    ----------
    site : Site
        Its forcing covers spin-up, calibration and validation.
    target : Target
        What the objective is computed from.
    space : Space
    others : mapping of str to Target
        Further observed kinds, scored but not searched for.
    fixed : mapping
        Parameter set that holds throughout (the case's own overrides).
    engine : str
    engine_options : mapping
    evaluations, batch, seed, patience, members : int
        Budget, points proposed at once, seed, evaluations without improvement before stopping (0: never),
        ensemble size.
    objective : str
        Key of ``OBJECTIVES``.
    fingerprint : mapping
        What tells this case's history from another's.
    """

    site: Site
    target: Target
    space: Space
    others: Mapping[str, Target] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)
    engine: str = "openbox"
    engine_options: Mapping[str, object] = field(default_factory=dict)
    evaluations: int = 200
    batch: int = 8
    seed: int = 1
    patience: int = 0
    members: int = 13
    objective: str = "nse"
    fingerprint: Mapping[str, object] = field(default_factory=dict)


def _periods(case, observed: Observations, problems: Problems) -> tuple[list, list]:
    """Calibration and validation periods, checked against the observed days."""
    goal = case.calibrate.goal
    calibration = [tuple(period) for period in goal.calibration]
    validation = [tuple(period) for period in goal.validation]
    days = observed.days
    for key, periods in (("calibration", calibration), ("validation", validation)):
        for first, last in periods:
            if np.datetime64(last, "D") < days[0] or np.datetime64(first, "D") > days[-1]:
                problems.add(
                    "holds no observed day",
                    source="calibrate",
                    variable=key,
                    value=f"{first} to {last}",
                    expected=f"days within {days[0]} to {days[-1]}",
                )
    return calibration or [(str(days[0]), str(days[-1]))], validation


def targets_of(case, site: Site, progress=None) -> tuple[Target, dict[str, Target]]:
    """What the objective is computed from, and the other observed kinds.

    Raises
    ------
    InputError
        When the kind is not observed, or no observed day lies in run and period.
    """
    observed = observations_of(case, site, progress)
    goal = case.calibrate.goal
    problems = Problems()
    if goal.variable not in observed:
        problems.add(
            "is not observed",
            source="calibrate",
            variable="kind",
            value=goal.variable,
            expected=" or ".join(observed) or "observations",
        )
        problems.raise_if_any()
    calibration, validation = _periods(case, observed[goal.variable], problems)
    problems.raise_if_any()
    try:
        target = make_target(observed[goal.variable], calibration, validation, goal.depths or None)
    except ValueError as error:
        problems.add(str(error), source="calibrate", variable="depths")
        problems.raise_if_any()
    run_days = np.unique(site.forcing.local_days)
    if not np.isin(target.days[target.calibration], run_days).any():
        problems.add(
            "no observed day of the calibration period lies in the run",
            source="calibrate",
            variable="calibration",
            expected=f"days within {run_days[0]} to {run_days[-1]}",
        )
        problems.raise_if_any()
    others = {
        kind: make_target(one, calibration, validation) for kind, one in observed.items() if kind != goal.variable
    }
    return target, others


def calibration_of(case, progress=None) -> Calibration:
    """Assemble the calibration a case describes.

    Raises
    ------
    InputError
        With what is wrong with case, forcing or observations.
    """
    site = site_of(case)
    target, others = targets_of(case, site, progress)
    settings = case.calibrate
    return Calibration(
        site=site,
        target=target,
        space=space_of_site(case, site.setup),
        others=others,
        fixed=dict(case.parameters),
        engine=settings.engine,
        engine_options=dict(settings.engine_options),
        evaluations=settings.evaluations,
        batch=settings.batch,
        seed=settings.seed,
        patience=settings.patience,
        members=settings.members,
        objective=settings.goal.objective,
        fingerprint=case.fingerprint_of("calibrate"),
    )
