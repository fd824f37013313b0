"""What the files of a case would say they are of, if the case made them now."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path

import numpy as np

from lsmcal.calibration.batch import simulation_mark
from lsmcal.calibration.run_search import HISTORY
from lsmcal.calibration.setup import CalibrationInputs, calibration_inputs
from lsmcal.calibration.site_stage import check_history_of_site
from lsmcal.calibration.stage import check_history_before
from lsmcal.case import Case
from lsmcal.core.digest import digest
from lsmcal.core.errors import InputError
from lsmcal.evaluation.scores import LIMITS
from lsmcal.screening.stage import screening_of
from lsmcal.search.history import load_history
from lsmcal.search.lines import HistoryError
from lsmcal.simulate.from_case.region import region_of
from lsmcal.simulate.region import Region
from lsmcal.simulate.stage import equilibrium_of, run_of


class Expected:
    """Fingerprints of the files of a case; each is found out when it is first asked for.

    Parameters
    ----------
    case : Case
    """

    def __init__(self, case: Case):
        self.case = case

    @cached_property
    def _region(self) -> Region:
        return region_of(self.case)

    @cached_property
    def _inputs(self) -> CalibrationInputs | None:
        return None if self.case.calibrate is None else calibration_inputs(self.case)

    def fingerprint(self, name: str) -> str:
        """That of a NetCDF file, by its name in the output folder; empty where none is known."""
        if self.case.kind == "site":
            return str(self.case.fingerprint("run")) if name == "run.nc" else ""
        if name in ("region.nc", "series.nc"):
            return digest(equilibrium_of(self._region) | run_of(self._region))
        if name.startswith("equilibrium-"):
            return digest(equilibrium_of(self._region))
        if name == "screening/screening.nc" and self.case.screen is not None:
            return digest(screening_of(self.case).about)
        return ""

    @property
    def files_of_run(self) -> list[str]:
        """Files that lie beside ``region.nc``."""
        return ["series.nc"] if self._region.chosen.size else []

    def unfinished(self, name: str) -> str:
        """What checkpoints say of their case, by their name in the output folder; empty where it is not known."""
        if self.case.kind == "site":
            return ""
        about = {"spinup": equilibrium_of, "run": lambda region: equilibrium_of(region) | run_of(region)}
        first, _, rest = name.partition("/")
        stage = rest.partition("/")[0]
        if first != "checkpoint" or stage not in about:
            return ""
        return json.dumps(about[stage](self._region), sort_keys=True)

    def changes_of_history(self, folder: Path) -> str:
        """Why the history in a folder is another search's; empty if it is the case's, or the case has no search."""
        if folder != Path(self.case.output_folder) / "calibration" or self.case.calibrate is None:
            return ""
        try:
            if self.case.kind == "site":
                check_history_of_site(self.case)
            elif self._inputs is not None:
                check_history_before(self._inputs, folder)
        except InputError as error:
            return "; ".join(problem.message for problem in error.problems)
        return ""

    def simulation(self, path: Path) -> str:
        """Mark of a stored simulation of a calibration; empty where it is not known."""
        inputs = self._inputs if self.case.kind == "region" else None
        if inputs is None or path.parent != Path(self.case.output_folder) / "calibration":
            return ""
        target = inputs.case.target
        hidden = dict(target.hidden) if target is not None and target.source == "twin" else None
        # where the trials start is part of the mark by what it depends on
        whole = inputs.evaluation_of_all({"equilibrium": np.zeros(0)}, inputs.spinup)
        if path.name == "default.npz":
            return simulation_mark(whole, {})
        if path.name == "best.npz":
            return self._best(path, whole)
        if hidden is None:
            return ""
        if path.name == "hidden-warm.npz":
            return simulation_mark(whole, hidden)
        cold = inputs.evaluation_of_all({}, inputs.region.spinup)
        return simulation_mark(cold, hidden) if path.name == "hidden.npz" else ""

    @staticmethod
    def _best(path: Path, whole) -> str:
        try:
            best = load_history(path.parent / HISTORY, LIMITS).best
        except HistoryError:  # said of the history itself
            return ""
        return "" if best is None else simulation_mark(whole, best.parameters)
