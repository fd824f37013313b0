"""The cells of a screening as columns that many parameter sets run on side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lsmcal.case import Case
from lsmcal.core.errors import InputError, Problems, not_none
from lsmcal.noah.parameters.overrides import apply_parameter_set
from lsmcal.noah.statistics import Annual
from lsmcal.parameters.space import Space, build_space
from lsmcal.simulate.advance import SetsRun, advance, without_failed_sets
from lsmcal.simulate.columns import Columns, Stretch
from lsmcal.simulate.from_case.region import cell_at, region_of
from lsmcal.simulate.region import Region
from lsmcal.simulate.spinup.rounds import equilibrium_of_cells
from lsmcal.simulate.spinup.spinup import SpinUp, spin_up
from lsmcal.simulate.start import start
from lsmcal.simulate.state import save_state

#: Means of a year by response, as :class:`lsmcal.noah.integrate.Annual` calls them.
MEANS = {"temperature": "temperature_mean", "water": "water_mean"}
#: The cell of a region that has no other.
_ONLY = np.zeros(1, int)


@dataclass(frozen=True)
class CellColumn:
    """One cell of a screening.

    Parameters
    ----------
    name : str
    region : Region
        This cell alone, with the soil it is screened with and the spin-up of its default set.
    space : Space
        Every screened parameter for each class of this column.
    axis : (dimensions,) array of int
        Coordinate of a sample that each dimension of the space follows: the classes of a column vary together.
    spinup : SpinUp
        Of every sample.
    cycle : Stretch
        Of the spin-up.
    years : tuple of Stretch
        Of the run, from its first year to the one that is looked at.
    """

    name: str
    region: Region
    space: Space
    axis: np.ndarray
    spinup: SpinUp
    cycle: Stretch
    years: tuple[Stretch, ...]

    @property
    def place(self) -> str:
        """The cell in words."""
        return self.region.cell_name(0)

    def parameter_sets(self, points: np.ndarray) -> list[dict[str, float]]:
        """Parameter sets at points (n, parameters) of the unit cube, over those of the case."""
        return [{**self.region.parameters, **self.space.to_parameters(point[self.axis])} for point in points]

    def default_state(self, report: Callable[[int, int], None] | None = None) -> dict[str, np.ndarray]:
        """State of the case's own parameter set at equilibrium: where every sample starts.

        Raises
        ------
        RunFailed
            When the column goes non-finite.
        """
        columns, _ = equilibrium_of_cells(self.region, _ONLY, report)
        return save_state(columns.blocks)

    def run(self, sets, state, report: Callable[[int, int], None]) -> dict[str, np.ndarray]:
        """Spin parameter sets up from a state, run them, and take means of the last year.

        Parameters
        ----------
        sets : sequence of mappings
            Each gives what it would alone.
        state : state of one column
        report : callable
            Called with (done, of); what it raises ends the run.

        Returns
        -------
        dict
            ``temperature`` [K] and ``water`` [m3 m-3], (sets, nz), NaN where a column failed; ``cycles``, ``converged``
            (sets,); ``failure`` (sets,) texts, empty where there was none.
        """
        ran = without_failed_sets(sets, lambda left: self._run(self.region.columns(_ONLY, left), state, report))
        return _merged(len(sets), len(self.region.thickness), ran)

    def _run(self, columns: Columns, state, report) -> dict[str, np.ndarray]:
        cycles, each = self.spinup.most, len(self.cycle)
        whole = cycles * each + sum(map(len, self.years))
        start(columns, self.cycle, state)
        reached = spin_up(columns, self.cycle, self.spinup, lambda number, _: report(number * each, whole))
        done = cycles * each
        for stretch in self.years:
            annual = Annual(columns.blocks, np.zeros(len(stretch), int))
            advance(columns, stretch, annual=annual)
            done += len(stretch)
            report(done, whole)
        means = {response: annual.layer_value(name)[:, 0] for response, name in MEANS.items()}
        return means | {"cycles": reached.cycles, "converged": reached.converged}


def _merged(count: int, layers: int, ran: SetsRun) -> dict[str, np.ndarray]:
    """Results of all sets from those of the sets that did not fail."""
    whole = {name: np.full((count, layers), np.nan) for name in MEANS}
    whole |= {"cycles": np.zeros(count, np.int64), "converged": np.zeros(count, bool)}
    for name, values in whole.items():
        if ran.result is not None:
            values[ran.left] = ran.result[name]
    return whole | {"failure": np.array([str(ran.failures.get(i, "")) for i in range(count)])}


def columns_of(case: Case) -> list[CellColumn]:
    """The cells of a case's [screen], their weather read.

    Raises
    ------
    InputError
        With everything that is wrong with case, cells, soil and ranges.
    """
    problems = Problems()
    whole, screen = region_of(case), not_none(case.screen)
    soil = _soil_class(case, whole, problems)
    chosen = []
    for number, cell in enumerate(screen.cells, start=1):
        try:
            chosen.append(cell_at(whole.domain, cell.at, f"screen.cells[{number}].at", case.source))
        except InputError as error:
            problems.extend(error)
    problems.raise_if_any()
    columns = []
    for cell, index in zip(screen.cells, chosen, strict=True):
        try:
            columns.append(_column(case, cell.name, whole.only(np.array([index])), soil))
        except InputError as error:
            problems.extend(error)
    problems.raise_if_any()
    return columns


def _soil_class(case: Case, region: Region, problems: Problems) -> int | None:
    """Number of the class of a homogeneous column."""
    named = not_none(case.screen).soil
    if named == "":
        return None
    try:
        return region.tables.soil.number(named)
    except LookupError as error:
        problems.add(str(error.args[0]), source=case.source, variable="screen.soil", value=named)
        return None


def _column(case: Case, name: str, region: Region, soil: int | None) -> CellColumn:
    if soil is not None:
        region = replace(region, domain=replace(region.domain, soil=np.full_like(region.domain.soil, soil)))
    screen = not_none(case.screen)
    names = screen.names()
    space = build_space(
        names,
        apply_parameter_set(region.tables, region.parameters, region.choices.passive),
        vegetation=region.domain.vegetation.tolist(),
        soil=np.unique(region.domain.soil).tolist(),
        layers=region.thickness.size,
        source=f"{case.source}: screen.parameters at {name}",
    )
    axis = np.array([names.index(dimension.parameter.name) for dimension in space.dimensions])
    first, last = region.years[0], screen.year
    years = tuple(region.years_of_cells(_ONLY, year, year).for_any_number() for year in range(first, last + 1))
    cycle, spinup = region.cycle_of(_ONLY).for_any_number(), region.spinup
    region = replace(region, spinup=_of_default(spinup))
    return CellColumn(name, region, space, axis, spinup, cycle, years)


def _of_default(spinup: SpinUp) -> SpinUp:
    """The default set comes near its equilibrium also where a fixed number of cycles is all that a sample gets."""
    return replace(spinup, method="accelerated") if spinup.method == "fixed" else spinup
