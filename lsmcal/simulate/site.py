"""One site: a column with its weather, run for one or many parameter sets at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lsmcal.core import calendars
from lsmcal.inputs.station.forcing import Forcing
from lsmcal.noah.integrate import Annual, IntegrationError, Series, integrate
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.simulate.column_setup import ColumnSetup
from lsmcal.simulate.results import ANNUAL_FIELDS, PROFILES, SURFACE, Run, make_runs
from lsmcal.simulate.spinup import Equilibrium, SpinUp, spin_up
from lsmcal.simulate.state import (
    InitialProfile,
    fit_to_porosity,
    initialise,
    load_state,
    refine_linear_profile,
    save_state,
)

log = logging.getLogger(__name__)

#: Forcing steps between two looks at progress.
_PIECE = 1024


class RunFailed(ArithmeticError):
    """A run became non-finite; the message says where and when. ``state`` is the last good one."""

    def __init__(self, message: str, state: dict[str, np.ndarray] | None = None):
        super().__init__(message)
        self.state = state or {}


@dataclass(frozen=True)
class Site:
    """A column and its weather.

    Parameters
    ----------
    setup : ColumnSetup
    forcing : Forcing
        All of it, spin-up years included.
    cycle : Forcing
        The years the spin-up repeats.
    profile : InitialProfile
    spinup : SpinUp
    output : {"daily", "step"}
        Records of the series.
    threads : int
    attributes : dict
        Copied into every run.
    """

    setup: ColumnSetup
    forcing: Forcing
    cycle: Forcing
    profile: InitialProfile = InitialProfile()
    spinup: SpinUp = SpinUp()
    output: str = "daily"
    threads: int = 1
    attributes: dict[str, object] = field(default_factory=dict)

    @classmethod
    def from_case(cls, case) -> Site:
        """Read what a case names and assemble the column.

        Raises
        ------
        InputError
            With every problem of the case's files.
        """
        from lsmcal.simulate.site_setup import site_of

        return site_of(case)

    # -- running --------------------------------------------------------------------------------------------------
    def run(self, parameters: Mapping[str, float] | None = None, **options) -> Run:
        """Spin up and run one parameter set; see :meth:`run_sets`.

        Raises
        ------
        RunFailed
            When the column goes non-finite.
        """
        result = self.run_sets([parameters or {}], **options)[0]
        if isinstance(result, RunFailed):
            raise result
        return result

    def run_sets(
        self,
        sets: Sequence[Mapping[str, float]],
        *,
        start: dict[str, np.ndarray] | None = None,
        record: bool = True,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> list[Run | RunFailed]:
        """Spin up and run several parameter sets side by side; each result is what the set alone would give.

        Parameters
        ----------
        sets : sequence of mappings
        start : state of one column, optional
            Start of the spin-up instead of the site's profile, fitted to each set's porosity.
        record : bool
            Keep the series.
        progress : callable, optional
            Called with the stage ("spin-up" or "run"), how far and how much.

        Returns
        -------
        list of Run or RunFailed
        """
        results: list[Run | RunFailed | None] = [None] * len(sets)
        left = list(range(len(sets)))
        while left:
            try:
                runs = self._run([sets[i] for i in left], start, record, progress)
            except _ColumnFailed as failure:
                results[left.pop(failure.column)] = RunFailed(str(failure), failure.state)
                continue
            for i, run in zip(left, runs, strict=True):
                results[i] = run
            break
        return results

    def equilibrium(self, parameters: Mapping[str, float] | None = None, progress=None) -> dict[str, np.ndarray]:
        """State of one column after the spin-up under a parameter set."""
        blocks = self.setup.blocks([parameters or {}])
        self.start(blocks, None)
        self._spin_up(blocks, progress)
        return save_state(blocks)

    # -- parts ----------------------------------------------------------------------------------------------------
    def start(self, blocks: Blocks, state=None) -> None:
        """Set the state of all columns to where the spin-up begins: the case's profile, or a given state."""
        if state is not None:
            load_state(blocks, state)
            fit_to_porosity(blocks)
            return
        first = self.cycle if len(self.cycle) else self.forcing
        air, humid = first.values["air_temperature"], first.values["specific_humidity"]
        initialise(blocks, self.setup, self.profile, float(air[0]), float(humid[0]))
        if self.profile.temperature is None and self.profile.surface_mean is None:
            self._refine_linear_profile(blocks, first)

    def _refine_linear_profile(self, blocks: Blocks, first: Forcing) -> None:
        """Restart from the linear profile of the mean surface temperature of one cycle. PHYSICS 8.3."""

        def mean_skin(trial: Blocks) -> np.ndarray:
            skin = Series(trial, np.zeros(len(first), int), column=("skin_temperature",))
            self._integrate(trial, first, series=skin)
            return skin.column_mean("skin_temperature")[:, 0]

        refine_linear_profile(blocks, self.setup, float(first.values["air_temperature"].mean()), mean_skin)

    def _integrate(self, blocks: Blocks, forcing: Forcing, series=None, annual=None, progress=None) -> None:
        drivers = self.setup.drivers(forcing)
        options = self.setup.choices.kernel_options()
        for first in range(0, len(drivers), _PIECE):
            last = min(first + _PIECE, len(drivers))
            try:
                integrate(
                    blocks,
                    drivers.part(first, last),
                    options,
                    series=series,
                    annual=annual,
                    first=first,
                    substeps=self.setup.substeps,
                    linear=self.setup.linear,
                    threads=self.threads,
                )
            except IntegrationError as error:
                raise _ColumnFailed(error, blocks, forcing.time[error.step]) from error
            if progress:
                progress("run", last, len(drivers))

    def _spin_up(self, blocks: Blocks, progress) -> Equilibrium:
        report = None if progress is None else (lambda done, most: progress("spin-up", done, most))
        drivers = self.setup.drivers(self.cycle)
        try:
            return spin_up(
                blocks,
                drivers,
                self.setup.choices.kernel_options(),
                self.spinup,
                substeps=self.setup.substeps,
                linear=self.setup.linear,
                threads=self.threads,
                progress=report,
            )
        except IntegrationError as error:
            raise _ColumnFailed(error, blocks, self.cycle.time[error.step]) from error

    def _run(self, sets, start, record: bool, progress) -> list[Run]:
        blocks = self.setup.blocks(sets)
        self.start(blocks, start)
        reached = self._spin_up(blocks, progress)
        forcing = self.forcing
        local = calendars.shift(forcing.time, 3600.0 * forcing.time_zone_hours, forcing.calendar)
        years, year = np.unique(local.astype("datetime64[Y]").astype(int) + 1970, return_inverse=True)
        if self.output == "daily" and forcing.step <= calendars.DAY:
            days, row = np.unique(forcing.local_days, return_inverse=True)
            time, length = days.astype("datetime64[s]"), float(calendars.DAY)
        else:
            time, row, length = local, np.arange(len(forcing)), forcing.step
        series = None
        if record:
            fields = [output.field for output in SURFACE.values()]
            series = Series(blocks, row, column=fields, layer=[output.field for output in PROFILES.values()])
        annual = Annual(blocks, year, column=ANNUAL_FIELDS)
        self._integrate(blocks, forcing, series, annual, progress)
        final = save_state(blocks)
        states = [{name: value[c : c + 1] for name, value in final.items()} for c in range(blocks.columns)]
        attributes = {**self.attributes, "forcing_step": forcing.step}
        runs = make_runs(
            series, annual, time, length, years, self.setup.depth, self.setup.thickness, states, attributes
        )
        for c, run in enumerate(runs):
            run.attributes.update(_spin_up_attributes(reached, c, self.spinup.method))
        return runs


def _spin_up_attributes(reached: Equilibrium, c: int, method: str) -> dict[str, object]:
    if method == "none":
        return {"spinup_method": method}
    return {
        "spinup_method": method,
        "spinup_cycles": int(reached.cycles[c]),
        "spinup_converged": str(bool(reached.converged[c])).lower(),
        "spinup_drift_temperature_K": float(reached.drift_temperature[c]),
        "spinup_drift_water_mm": float(reached.drift_water[c]),
        "spinup_drift_ice_mm": float(reached.drift_ice[c]),
        "spinup_distance_K": float(reached.distance[c]),
    }


class _ColumnFailed(Exception):
    """Which column of a batch failed, where and when, with its last good state."""

    def __init__(self, error: IntegrationError, blocks: Blocks, when: np.datetime64):
        self.column = error.column
        place = "at the surface" if error.layer < 0 else f"in layer {error.layer + 1}"
        super().__init__(f"temperature or water became non-finite {place} at {when}")
        self.state = {name: value[error.column : error.column + 1] for name, value in save_state(blocks).items()}
