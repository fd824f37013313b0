"""One site: a column with its weather, run for one or many parameter sets at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lsmcal.core import calendars
from lsmcal.inputs.station.forcing import Forcing
from lsmcal.noah.parameters.options import Choices
from lsmcal.noah.parameters.parameters import Surroundings
from lsmcal.noah.statistics import Annual
from lsmcal.simulate.advance import advance, without_failed_sets
from lsmcal.simulate.column_setup import ColumnSetup
from lsmcal.simulate.columns import Columns, Stretch
from lsmcal.simulate.failures import RunFailed
from lsmcal.simulate.from_case.site import column_setup, ground_and_weather, initial_profile, spin_up_of
from lsmcal.simulate.results import ANNUAL_FIELDS, Run, results_of, series_of_all
from lsmcal.simulate.spinup.spinup import Equilibrium, SpinUp, spin_up
from lsmcal.simulate.start import start
from lsmcal.simulate.state import InitialProfile, save_state

#: Forcing steps between two looks at progress.
_STEPS_AT_ONCE = 1024


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
        column, run, cycle = ground_and_weather(case)
        attributes = {f"forcing_{name}": text for name, text in run.attributes.items()}
        return cls(
            setup=column_setup(case, column),
            forcing=run,
            cycle=cycle,
            profile=initial_profile(case, column),
            spinup=spin_up_of(case),
            output="daily" if case.run.output == "none" else case.run.output,
            threads=case.run.threads,
            attributes=attributes | {"case": case.name, "calendar": run.calendar},
        )

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
        found = without_failed_sets(sets, lambda left: self._run(left, start, record, progress))
        results: dict[int, Run | RunFailed] = {**found.failures}
        if found.result is not None:
            results |= dict(zip(found.left, found.result, strict=True))
        return [results[number] for number in range(len(sets))]

    def equilibrium(self, parameters: Mapping[str, float] | None = None, progress=None) -> dict[str, np.ndarray]:
        """State of one column after the spin-up under a parameter set.

        Raises
        ------
        RunFailed
            When the column goes non-finite.
        """
        columns = self.columns([parameters or {}])
        self.spin_up(columns, progress=progress)
        return save_state(columns.blocks)

    # -- a region of one cell -------------------------------------------------------------------------------------
    @property
    def choices(self) -> Choices:
        """Options of the model."""
        return self.setup.choices

    @property
    def around(self) -> Surroundings:
        """TBOT, heights and the like."""
        return self.setup.around

    @property
    def depth(self) -> np.ndarray:
        """Depth of the nodes, (nz,) [m]."""
        return self.setup.depth

    @property
    def substeps(self) -> int:
        """Model steps in a forcing step."""
        return self.setup.substeps

    @property
    def linear(self) -> bool:
        """Whether forcing is interpolated within a step."""
        return self.setup.linear

    @property
    def steps_at_once(self) -> int | None:
        """Forcing steps between two looks at progress."""
        return _STEPS_AT_ONCE

    def cell_name(self, index: int) -> str:
        """Empty: a site has no other cells."""
        return ""

    def parameter_fields(self, index: np.ndarray, parameters: Mapping[str, float]) -> dict[str, np.ndarray]:
        """Parameter fields of the column under a parameter set."""
        return self.setup.parameter_fields(parameters)

    def columns(self, sets: Sequence[Mapping[str, float]] = ({},)) -> Columns:
        """A column for each parameter set, without a state."""
        return Columns.of(self, np.zeros(1, int), sets)

    def stretch(self, forcing: Forcing) -> Stretch:
        """Forcing and phenology, for any number of columns."""
        return Stretch(self.setup.drivers(forcing), forcing.time)

    # -- parts ----------------------------------------------------------------------------------------------------
    def start(self, columns: Columns, state: Mapping[str, np.ndarray] | None = None) -> Stretch:
        """Set the state of all columns to where the spin-up begins; the weather of its cycle, else of the run."""
        cycle = self.stretch(self.cycle if len(self.cycle) else self.forcing)
        start(columns, cycle, state)
        return cycle

    def spin_up(
        self,
        columns: Columns,
        state: Mapping[str, np.ndarray] | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Equilibrium:
        """Start the columns, from the site's profile or a given state, and bring them to equilibrium."""
        cycle = self.start(columns, state)
        report = None if progress is None else (lambda done, most: progress("spin-up, cycles", done, most))
        return spin_up(columns, cycle, self.spinup, report)

    def _run(self, sets, state, record: bool, progress) -> list[Run]:
        columns, forcing = self.columns(sets), self.forcing
        reached = self.spin_up(columns, state, progress)
        local = calendars.shift(forcing.time, 3600.0 * forcing.time_zone_hours, forcing.calendar)
        years, year = np.unique(local.astype("datetime64[Y]").astype(int) + 1970, return_inverse=True)
        if self.output == "daily" and forcing.step <= calendars.DAY:
            days, row = np.unique(forcing.local_days, return_inverse=True)
            time, length = days.astype("datetime64[s]"), float(calendars.DAY)
        else:
            time, row, length = local, np.arange(len(forcing)), forcing.step
        series = series_of_all(columns.blocks, row) if record else None
        annual = Annual(columns.blocks, year, column=ANNUAL_FIELDS)
        report = None if progress is None else (lambda done, most: progress("run, steps", done, most))
        stretch = self.stretch(forcing)
        advance(columns, stretch, series=series, annual=annual, steps_at_once=self.steps_at_once, progress=report)
        results, final = results_of(annual, forcing.step, series), save_state(columns.blocks)
        return [
            Run(
                time=time,
                step=length,
                depth=self.depth,
                thickness=self.setup.thickness,
                years=years,
                state={name: value[c : c + 1] for name, value in final.items()},
                attributes=self.attributes
                | {"forcing_step": forcing.step}
                | _spin_up_attributes(reached, c, self.spinup.method),
                **results.of_column(c),
            )
            for c in range(len(columns))
        ]


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
