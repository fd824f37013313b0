"""The cells of a screening as columns that many parameter sets run on side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lsmcal.case import Case
from lsmcal.core.errors import InputError, Problems
from lsmcal.noah.integrate import Annual, Drivers, IntegrationError, integrate
from lsmcal.noah.parameters.overrides import apply_parameter_set
from lsmcal.parameters.space import Space, build_space
from lsmcal.simulate.column_setup import ColumnSetup
from lsmcal.simulate.region import Region
from lsmcal.simulate.setup import cell_at, region_of
from lsmcal.simulate.spinup import SpinUp, spin_up
from lsmcal.simulate.spinup_rounds import equilibrium_of_cells
from lsmcal.simulate.state import fit_to_porosity, load_state, save_state

#: Means of a year by response, as :class:`lsmcal.noah.integrate.Annual` calls them.
MEANS = {"temperature": "temperature_mean", "water": "water_mean"}


@dataclass(frozen=True)
class CellColumn:
    """One cell of a screening.

    Parameters
    ----------
    name : str
    region : Region
        This cell alone, with the soil it is screened with and the spin-up of its default set.
    setup : ColumnSetup
        The same cell for many parameter sets.
    space : Space
        Every screened parameter for each class of this column.
    axis : (dimensions,) array of int
        Coordinate of a sample that each dimension of the space follows: the classes of a column vary together.
    spinup : SpinUp
        Of every sample.
    cycle : Drivers
        Of the spin-up.
    years : tuple of Drivers
        Of the run, from its first year to the one that is looked at.
    """

    name: str
    region: Region
    setup: ColumnSetup
    space: Space
    axis: np.ndarray
    spinup: SpinUp
    cycle: Drivers
    years: tuple[Drivers, ...]

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
        blocks, _ = equilibrium_of_cells(self.region, np.zeros(1, int), report)
        return save_state(blocks)

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
        left, failures = list(range(len(sets))), {}
        found = None
        while left and found is None:
            try:
                found = self._run([sets[i] for i in left], state, report)
            except _Failed as failed:
                failures[left.pop(failed.column)] = str(failed)
        return _merged(len(sets), len(self.region.thickness), left, found, failures)

    def _run(self, sets, state, report) -> dict[str, np.ndarray]:
        region, cycles = self.region, self.spinup.most
        options = region.choices.kernel_options()
        how = {"substeps": region.substeps, "linear": region.linear}
        blocks = self.setup.blocks(sets)
        load_state(blocks, state)
        fit_to_porosity(blocks)
        whole = cycles * len(self.cycle) + sum(map(len, self.years))
        done = 0
        try:
            reached = spin_up(
                blocks,
                self.cycle,
                options,
                self.spinup,
                progress=lambda number, _: report(number * len(self.cycle), whole),
                **how,
            )
            done, annual = cycles * len(self.cycle), None
            for drivers in self.years:
                annual = Annual(blocks, np.zeros(len(drivers), int))
                integrate(blocks, drivers, options, annual=annual, **how)
                done += len(drivers)
                report(done, whole)
        except IntegrationError as error:
            raise _Failed(error) from error
        means = {response: annual.layer_value(name)[:, 0] for response, name in MEANS.items()}
        return means | {"cycles": reached.cycles, "converged": reached.converged}


class _Failed(Exception):
    """A column of a batch went non-finite."""

    def __init__(self, error: IntegrationError):
        self.column = error.column
        place = "at the surface" if error.layer < 0 else f"in layer {error.layer + 1}"
        super().__init__(f"temperature or water became non-finite {place}")


def _merged(count: int, layers: int, left: list[int], found, failures: dict[int, str]) -> dict[str, np.ndarray]:
    """Results of all sets from those of the sets that did not fail."""
    whole = {name: np.full((count, layers), np.nan) for name in MEANS}
    whole |= {"cycles": np.zeros(count, np.int64), "converged": np.zeros(count, bool)}
    for name, values in whole.items():
        if found is not None:
            values[left] = found[name]
    return whole | {"failure": np.array([failures.get(i, "") for i in range(count)])}


def columns_of(case: Case) -> list[CellColumn]:
    """The cells of a case's [screen], their weather read.

    Raises
    ------
    InputError
        With everything that is wrong with case, cells, soil and ranges.
    """
    problems = Problems()
    whole = region_of(case)
    soil = _soil_class(case, whole, problems)
    chosen = []
    for number, cell in enumerate(case.screen.cells, start=1):
        try:
            chosen.append(cell_at(whole.domain, cell.at, f"screen.cells[{number}].at", case.source))
        except InputError as error:
            problems.extend(error)
    problems.raise_if_any()
    columns = []
    for cell, index in zip(case.screen.cells, chosen, strict=True):
        try:
            columns.append(_column(case, cell.name, whole.only(np.array([index])), soil))
        except InputError as error:
            problems.extend(error)
    problems.raise_if_any()
    return columns


def _soil_class(case: Case, region: Region, problems: Problems) -> int | None:
    """Number of the class of a homogeneous column."""
    if case.screen.soil == "":
        return None
    try:
        return region.tables.soil.number(case.screen.soil)
    except LookupError as error:
        problems.add(str(error.args[0]), source=case.source, variable="screen.soil", value=case.screen.soil)
        return None


def _column(case: Case, name: str, region: Region, soil: int | None) -> CellColumn:
    if soil is not None:
        region = replace(region, domain=replace(region.domain, soil=np.full_like(region.domain.soil, soil)))
    setup, names = column_setup(region), case.screen.names()
    space = build_space(
        names,
        apply_parameter_set(setup.tables, region.parameters, setup.choices.passive),
        vegetation=[setup.vegetation],
        soil=np.unique(setup.soil).tolist(),
        layers=setup.thickness.size,
        source=f"{case.source}: screen.parameters at {name}",
    )
    axis = np.array([names.index(dimension.parameter.name) for dimension in space.dimensions])
    first, last = region.years[0], case.screen.year
    years = tuple(_shared(region, year, year) for year in range(first, last + 1))
    spinup = region.spinup
    region = replace(region, spinup=_of_default(spinup))
    return CellColumn(name, region, setup, space, axis, spinup, _shared(region, *region.cycle), years)


def _of_default(spinup: SpinUp) -> SpinUp:
    """The default set comes near its equilibrium also where a fixed number of cycles is all that a sample gets."""
    return replace(spinup, method="accelerated") if spinup.method == "fixed" else spinup


def column_setup(region: Region) -> ColumnSetup:
    """The only cell of a region as a column for many parameter sets."""
    domain = region.domain
    albedo = region.around.snow_albedo
    if region.snow_albedo_by_class:
        albedo = float(region.tables.vegetation["MAXALB"][domain.vegetation[0] - 1]) / 100.0
    around = replace(region.around, tbot=float(domain.tbot[0]), dense=bool(domain.dense[0]), snow_albedo=albedo)
    return ColumnSetup(
        tables=region.tables,
        choices=region.choices,
        soil=domain.soil[0],
        vegetation=int(domain.vegetation[0]),
        around=around,
        thickness=domain.thickness,
        substeps=region.substeps,
        linear=region.linear,
    )


def _shared(region: Region, first: int, last: int) -> Drivers:
    """Weather and phenology of some years of a region's only cell, for any number of columns."""
    drivers = region.drivers(np.zeros(1, int), *region.steps_of(first, last))
    forcing, phenology = (np.ascontiguousarray(values[:1, :, :, :1]) for values in (drivers.forcing, drivers.phenology))
    return Drivers(forcing, phenology, drivers.phenology_row, drivers.step)
