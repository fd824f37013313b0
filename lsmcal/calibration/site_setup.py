"""From a case to a calibration."""

from __future__ import annotations

import numpy as np

from lsmcal.calibration.site_stage import Calibration
from lsmcal.core.errors import Problems
from lsmcal.evaluation.site import Target, make_target
from lsmcal.inputs.observed.series import Observations
from lsmcal.parameters.space import Space, around_offset, build_space, class_shares
from lsmcal.simulate.column_setup import ColumnSetup
from lsmcal.simulate.observations import observations_of
from lsmcal.simulate.site import Site


def space_of(case, setup: ColumnSetup) -> Space:
    """The parameters a case varies, with the case's own overrides as defaults.

    Raises
    ------
    InputError
        With every unknown name and bad range.
    """
    from lsmcal.noah.parameters.overrides import apply_parameter_set, bottom_temperature_offset

    settings = case.calibrate
    tables = apply_parameter_set(setup.tables, dict(case.parameters), setup.choices.passive)
    space = build_space(
        case.calibrated_names(),
        tables,
        vegetation=[setup.vegetation],
        soil=class_shares(setup.soil.tolist()),
        ranges=settings.ranges,
        threshold=settings.threshold,
        layers=setup.thickness.size,
        source="calibrate.parameters",
    )
    return around_offset(space, bottom_temperature_offset(case.parameters), settings.ranges)


def _periods(case, observed: Observations, problems: Problems) -> tuple[list, list]:
    """Calibration and validation periods, checked against the observed days."""
    calibration = [tuple(period) for period in case.calibrate.calibration]
    validation = [tuple(period) for period in case.calibrate.validation]
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
    settings = case.calibrate
    problems = Problems()
    if settings.kind not in observed:
        problems.add(
            "is not observed",
            source="calibrate",
            variable="kind",
            value=settings.kind,
            expected=" or ".join(observed) or "observations",
        )
        problems.raise_if_any()
    calibration, validation = _periods(case, observed[settings.kind], problems)
    problems.raise_if_any()
    try:
        target = make_target(observed[settings.kind], calibration, validation, settings.depths)
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
        kind: make_target(one, calibration, validation) for kind, one in observed.items() if kind != settings.kind
    }
    return target, others


def calibration_of(case, progress=None) -> Calibration:
    """Assemble the calibration a case describes.

    Raises
    ------
    InputError
        With what is wrong with case, forcing or observations.
    """
    site = Site.from_case(case)
    target, others = targets_of(case, site, progress)
    settings = case.calibrate
    return Calibration(
        site=site,
        target=target,
        space=space_of(case, site.setup),
        others=others,
        fixed=dict(case.parameters),
        engine=settings.engine,
        engine_options=dict(settings.engine_options),
        evaluations=settings.evaluations,
        batch=settings.batch,
        seed=settings.seed,
        patience=settings.patience,
        members=settings.members,
        objective=settings.objective,
        fingerprint=case.fingerprint_of("calibrate"),
    )
