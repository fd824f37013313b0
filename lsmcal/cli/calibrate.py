"""``lsmcal calibrate`` and ``lsmcal evaluate``: parameter sets against observations, at a site or over a region."""

from __future__ import annotations

from pathlib import Path

from lsmcal.cli.options import AsJson, CasePath, Data, Parameters, Quiet, Sets, at_work, load


def calibrate(
    case: CasePath, sets: Sets = None, parameters: Parameters = None, data: Data = None, quiet: Quiet = False
) -> None:
    """Search for the parameters that fit the observations best.

    A site is fitted to daily measurements. A region is fitted to a permafrost map (Kappa), boreholes, sites, or several
    of them. `mpiexec -n 16 lsmcal calibrate CASE` runs a region on 16 processes.

    Every evaluation is recorded when it finishes. If the search is stopped, the same command resumes it, and the result
    is the same. Writes history.jsonl, best.json, ensemble.json and evaluation.json into output/calibration. For a
    region, maps, figures and the identifiability of each parameter are written too.

    Example:

        lsmcal calibrate cases/demo-site --set calibrate.evaluations=41
    """
    loaded = load(case, sets, parameters, data)
    search = _calibrate_region if loaded.kind == "region" else _calibrate_site
    search(loaded, quiet)


def _calibrate_site(loaded, quiet: bool) -> None:
    from lsmcal.calibration.site_stage import calibrate_site as search
    from lsmcal.cli.tables import show_calibration

    with at_work(loaded, quiet, "calibrate") as progress:
        result = search(loaded, progress)
    show_calibration(result.evaluation, dict(result.best), loaded.output_folder / "calibration")


def _calibrate_region(loaded, quiet: bool) -> None:
    from lsmcal.calibration.stage import calibrate_region
    from lsmcal.checking.calibration import check_calibration
    from lsmcal.cli.map_tables import show_map_calibration
    from lsmcal.core.errors import Problems

    with at_work(loaded, quiet, "calibrate") as progress:
        problems = Problems()
        if loaded.calibrate is not None:  # what it names, before the default set is simulated
            check_calibration(loaded, None, None, problems)
        problems.raise_if_any()
        found = calibrate_region(loaded, progress)
    if found is not None:
        show_map_calibration(found)


def evaluate(
    case: CasePath,
    as_json: AsJson = False,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
    quiet: Quiet = False,
) -> None:
    """Evaluate one parameter set against the observations.

    A site is run with its own parameters, or those of --parameters. The run starts from the equilibrium of the case's
    own parameters, as the trials of calibrate do, so a set scores the same in both. Prints NSE, skill, RMSE and bias by
    depth and period, and writes nothing.

    A region is run with the default set and with --parameters, such as a set calibrated at a site. Both are scored by
    all goals of the case, on the calibrated cells, the withheld cells, and all cells. The simulation of the default set
    is stored in output/calibration.

    Example:

        lsmcal calibrate cases/demo-site --set calibrate.evaluations=41
        lsmcal evaluate cases/demo-site --parameters cases/demo-site/output/calibration/best.json
    """
    loaded = load(case, sets, None, data)
    if loaded.kind == "region":
        _evaluate_region(loaded, parameters, as_json, quiet)
    else:
        own = load(case, sets, parameters, data).parameters  # checked with the case's tables
        _evaluate_site(loaded, own, as_json, quiet)


def _evaluate_site(loaded, parameters, as_json: bool, quiet: bool) -> None:
    from lsmcal.calibration.transfer import evaluate_site
    from lsmcal.cli.tables import show_evaluation

    with at_work(loaded, quiet, None):
        evaluation = evaluate_site(loaded, parameters)
    show_evaluation(evaluation, as_json)


def _evaluate_region(loaded, parameters: Path | None, as_json: bool, quiet: bool) -> None:
    from lsmcal.calibration.transfer import evaluate_region
    from lsmcal.cli.map_tables import show_transfer
    from lsmcal.parameters.table import ParameterSet

    given = ParameterSet.read(parameters) if parameters else ParameterSet()
    with at_work(loaded, quiet, "evaluate") as progress:
        found = evaluate_region(loaded, given, progress)
    if found is not None:
        show_transfer(found, as_json)
