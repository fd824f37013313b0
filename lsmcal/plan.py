"""What a case will cost: column-steps, core-hours, memory and disk, from a short measurement on this machine."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass, replace

import numpy as np

from lsmcal.case import RegionCase
from lsmcal.noah.blocks import Blocks
from lsmcal.noah.integrate import ANNUAL_LAYER, Annual, integrate
from lsmcal.noah.jit import LANES
from lsmcal.noah.state import COLUMN_STATE, LAYER_STATE
from lsmcal.problems import Problems
from lsmcal.simulate.region import Region
from lsmcal.simulate.region_assemble import region_of
from lsmcal.simulate.region_spinup import equilibrium_of_cells
from lsmcal.simulate.run import ANNUAL_FIELDS, LEDGER
from lsmcal.simulate.site import Site

_YEAR = 365.25 * 86400.0
#: Yearly numbers of a cell beside those of its layers: water, snow, and mean and largest of the ledger.
_SINGLE = 4 + 2 * len(LEDGER)
#: Bytes of the output that compression leaves.
_COMPRESSED = 0.6
#: The paper's campaign: cells of the plateau, those of a map evaluation, evaluations, members, years of the hindcast.
PAPER = {"cells": 25_000, "map_cells": 13_000, "evaluations": 500, "members": 13, "years": 40, "target_years": 10}


@dataclass(frozen=True)
class Stage:
    """Cost of one stage.

    Parameters
    ----------
    name : str
    column_steps : float
    core_hours : float
    disk : float
        Bytes left behind.
    """

    name: str
    column_steps: float
    core_hours: float
    disk: float = 0.0


@dataclass(frozen=True)
class Plan:
    """Cost of a case.

    Parameters
    ----------
    stages : list of Stage
    nanoseconds : float
        One column-step of one core, weather included [ns].
    memory : float
        Of a rank [bytes].
    notes : list of str
        What was assumed.
    """

    stages: list[Stage]
    nanoseconds: float
    memory: float
    notes: list[str]

    @property
    def core_hours(self) -> float:
        """Of all stages."""
        return sum(stage.core_hours for stage in self.stages)


def plan_case(case, seconds: float = 10.0, paper: bool = False) -> dict[str, Plan]:
    """Plans of a case by name: its own, and the paper's campaign at its cost.

    Raises
    ------
    InputError
        When the case is bad, or the paper's campaign is asked for at a site.
    """
    if not isinstance(case, RegionCase):
        problems = Problems()
        if paper:
            problems.add("the paper's campaign is one of a region", source=case.source, expected="[region], not [site]")
        problems.raise_if_any()
        searched = case.calibrate if case.observations is not None else None
        budget = (searched.evaluations, searched.batch) if searched else (0, 1)
        return {case.name: plan_site(Site.from_case(case), *budget, seconds=seconds)}
    region = region_of(case)
    own = plan_region(region, case.run.threads, seconds)
    return {case.name: own} | ({"the paper's campaign": plan_paper(own, region)} if paper else {})


def plan_region(region: Region, threads: int = 1, seconds: float = 10.0) -> Plan:
    """Measure a sample of a region's cells and say what the whole will cost.

    Parameters
    ----------
    region : Region
    threads : int
        Of each rank.
    seconds : float
        About how long to measure.
    """
    sample = np.unique(np.linspace(0, len(region.domain) - 1, LANES).astype(int))
    cost = _step_cost(region, sample, 0.3 * seconds)
    years, note = _spin_up_years(region, sample, cost, 0.7 * seconds)
    cells, steps = len(region.domain), _YEAR / region.weather.step
    span = region.years[1] - region.years[0] + 1
    layers = region.thickness.size
    state = 8.0 * cells * (len(COLUMN_STATE) + len(LAYER_STATE) * layers + 5)
    stages = [
        _stage("spin-up", cells * years * steps, cost, state),
        _stage("run", cells * span * steps, cost, _output_bytes(cells, span, layers)),
    ]
    return Plan(stages, cost, _memory(region, threads), [note])


def plan_paper(plan: Plan, region: Region) -> Plan:
    """The paper's whole campaign at the speed and with the spin-up of a plan's region."""
    steps, layers = _YEAR / region.weather.step, region.thickness.size
    spinup = plan.stages[0].column_steps / (len(region.domain) * steps)
    count, hindcast = PAPER["cells"], PAPER["members"] * PAPER["cells"]
    target = PAPER["map_cells"] * PAPER["evaluations"]
    disk = _output_bytes(hindcast, PAPER["years"], layers)
    stages = [
        _stage("equilibrium of the defaults", count * spinup * steps, plan.nanoseconds),
        _stage("map calibration", target * (spinup / 2.0 + PAPER["target_years"]) * steps, plan.nanoseconds),
        _stage("hindcast", hindcast * (spinup / 2.0 + PAPER["years"]) * steps, plan.nanoseconds, disk),
    ]
    words = (
        f"{PAPER['evaluations']} evaluations of {PAPER['map_cells']:,} cells to a year {PAPER['target_years']} years "
        f"on, {PAPER['members']} members of {count:,} cells over {PAPER['years']} years; from the equilibrium of the "
        "defaults another set is assumed to need half of its spin-up"
    )
    return replace(plan, stages=stages, notes=[words])


def plan_site(site: Site, evaluations: int = 0, batch: int = 1, seconds: float = 5.0) -> Plan:
    """Measure a site's column and say what run and calibration will cost.

    Parameters
    ----------
    site : Site
    evaluations, batch : int
        Of the calibration; a batch runs side by side.
    seconds : float
        About how long to measure.
    """
    full = site.setup.blocks([{}] * LANES)
    site.start(full)
    drivers = site.setup.drivers(site.cycle if len(site.cycle) else site.forcing)
    per_block = _timed(full, drivers, site.setup.choices.kernel_options(), seconds, site.setup)
    settings, cycle = site.spinup, len(site.cycle)
    most = {"none": 0, "fixed": settings.cycles}.get(settings.method, settings.max_cycles)
    steps = (most * cycle + len(site.forcing)) * site.setup.substeps
    stages = [_stage("run", steps * LANES, per_block / LANES)]
    if evaluations:
        blocks = -(-evaluations // batch) * -(-min(batch, evaluations) // LANES)
        stages.append(_stage("calibration, model", blocks * steps * LANES, per_block / LANES))
    note = f"one column costs the block of {LANES} it stands in; at most {most} cycles of spin-up each"
    return Plan(stages, per_block / LANES, float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024.0, [note])


def _stage(name: str, column_steps: float, nanoseconds: float, disk: float = 0.0) -> Stage:
    return Stage(name, column_steps, column_steps * nanoseconds / 3.6e12, disk)


def _output_bytes(cells: float, years: int, layers: int) -> float:
    return _COMPRESSED * 4.0 * cells * years * (len(ANNUAL_LAYER) * layers + _SINGLE)


def _step_cost(region: Region, sample: np.ndarray, seconds: float) -> float:
    """Nanoseconds of a column-step with its weather and statistics, in the middle of the run."""
    blocks, _ = equilibrium_of_cells(replace(region, spinup=replace(region.spinup, method="none")), sample)
    year, last = region.cycle
    begun = now = time.perf_counter()
    steps = 0
    while not steps or (now - begun < seconds and year <= last):
        first, end = region.steps_of(year, year)
        annual = Annual(blocks, np.zeros(end - first, int), column=ANNUAL_FIELDS)
        integrate(blocks, region.drivers(sample, first, end), region.choices.kernel_options(), annual=annual,
                  substeps=region.substeps, linear=region.linear)  # fmt: skip
        steps, year, now = steps + end - first, year + 1, time.perf_counter()
    return (now - begun) * 1e9 / (steps * LANES)


def _timed(blocks: Blocks, drivers, options, seconds: float, setup) -> float:
    """Nanoseconds of a block-step."""
    begun, steps = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        part = drivers.part(0, min(2920, len(drivers)))
        integrate(blocks, part, options, substeps=setup.substeps, linear=setup.linear)
        steps += len(part) * setup.substeps
    return (time.perf_counter() - begun) * 1e9 / steps


def _spin_up_years(region: Region, sample: np.ndarray, cost: float, seconds: float) -> tuple[float, str]:
    """Mean years to equilibrium, from the sample as far as there is time, and what that rests on."""
    length = region.cycle[1] - region.cycle[0] + 1
    settings = region.spinup
    if settings.method in ("none", "fixed"):
        cycles = settings.cycles if settings.method == "fixed" else 0
        return float(cycles * length), f"{cycles} cycles of {length} years, as the case says"
    per_cycle = cost * 1e-9 * LANES * length * _YEAR / region.weather.step
    affordable = int(min(settings.max_cycles, max(seconds / per_cycle, settings.min_cycles, 2)))
    _, reached = equilibrium_of_cells(replace(region, spinup=replace(settings, max_cycles=affordable)), sample)
    assumed = min(2 * affordable, settings.max_cycles)
    cycles = np.where(reached.converged, reached.cycles, assumed)
    left = int((~reached.converged).sum())
    settled = f"{sample.size - left} of {sample.size} sampled cells settled"
    note = f"{length} years a cycle; {settled} within {affordable} cycles"
    if left:
        note += f", {assumed} assumed for the others"
    return float(cycles.mean() * length), note


def _memory(region: Region, threads: int) -> float:
    """Bytes of a rank: the program, and for each thread a piece with the weather of a cycle, twice while it is read."""
    steps = (region.cycle[1] - region.cycle[0] + 1) * _YEAR / region.weather.step
    piece = len(region.pieces[0])
    base = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024.0
    return base + threads * piece * (2.0 * 32.0 * steps + 20_000.0)
