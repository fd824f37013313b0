"""What a case will cost: column-steps, core-hours, memory and disk, from a short measurement on this machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lsmcal.case import Case
from lsmcal.core.errors import Problems
from lsmcal.core.words import counted
from lsmcal.noah.runtime.blocks import block_count
from lsmcal.noah.runtime.jit import LANES
from lsmcal.noah.runtime.state import COLUMN_STATE, LAYER_STATE
from lsmcal.noah.statistics import ANNUAL_LAYER
from lsmcal.planning.cost import PAPER, Plan, StageCost, rounds_of
from lsmcal.planning.sample import Sample, cycles_of_all, decayed, measure, now, peak_memory, spin_up_sample
from lsmcal.simulate.from_case.region import region_of
from lsmcal.simulate.region import Region
from lsmcal.simulate.results import ANNUAL_LEAKS, LEDGER
from lsmcal.simulate.site import Site

_YEAR = 365.25 * 86400.0
#: Yearly numbers of a cell beside those of its layers: water, snow, leaks, and mean and largest of the ledger.
_SINGLE = 4 + len(ANNUAL_LEAKS) + 1 + 2 * len(LEDGER)
#: Bytes of the output that compression leaves; bytes of any such file.
_COMPRESSED, _ANY_FILE = 0.65, 40_000.0

#: Key in JSON of the campaign of Ji et al. (2026).
PAPER_KEY = "the paper's campaign"


def plan_case(case, seconds: float = 10.0, paper: bool = False) -> dict[str, Plan]:
    """Plans of a case by name: its own, and the campaign of Ji et al. (2026) at its cost.

    Raises
    ------
    InputError
        When the case is bad, or the campaign of Ji et al. (2026) is requested at a site.
    """
    if case.kind == "site":
        problems = Problems()
        if paper:
            problems.add(
                "the campaign of Ji et al. (2026) needs a region", source=case.source, expected="[region], not [site]"
            )
        problems.raise_if_any()
        searched = case.calibrate if case.observations is not None else None
        evaluations, batch = (searched.evaluations, searched.batch) if searched else (0, 1)
        return {case.name: plan_site(Site.from_case(case), evaluations, batch, seconds)}
    inputs = _setting(case)
    region = inputs.region if inputs else region_of(case)
    sample = measure(region, seconds)
    own = plan_region(region, sample, case.run.threads)
    plans = {case.name: _with_calibration(own, inputs, sample) if inputs else own}
    return plans | ({PAPER_KEY: plan_paper(region, sample, case.run.threads)} if paper else {})


def _setting(case: Case):
    """What a region's calibration is made of; None where the case has none."""
    if case.calibrate is None:
        return None
    from lsmcal.calibration.setup import calibration_inputs

    return calibration_inputs(case)


def _with_calibration(plan: Plan, inputs, sample: Sample) -> Plan:
    """A region's plan with its calibration at the end."""
    from lsmcal.planning.calibration import plan_calibration

    case = inputs.case
    found = plan_calibration(inputs, sample, case.output_folder / "calibration", case.run.threads)
    notes = [*plan.notes, *found.notes, "run and output are those of lsmcal run, which a calibration does not need"]
    return replace(plan, stages=plan.stages + found.stages, memory=max(plan.memory, found.memory), notes=notes)


# -- a region ---------------------------------------------------------------------------------------------------------
def plan_region(region: Region, sample: Sample, threads: int = 1) -> Plan:
    """What the whole region will cost, from a sample of its cells.

    Parameters
    ----------
    region : Region
    sample : Sample
        Of :func:`lsmcal.planning.sample.measure`.
    threads : int
        Of each rank.
    """
    count, layers = len(region.domain), region.thickness.size
    cycles = cycles_of_all(sample.spinup, region.spinup, count)
    state = _ANY_FILE + 8.0 * count * (len(COLUMN_STATE) + len(LAYER_STATE) * layers + 5)
    spinup = _spin_up(region, sample, cycles, "spin-up", disk=state)
    span = region.years[1] - region.years[0] + 1
    disk = _output_bytes(count, span, layers)
    run = _run(region, sample, count, span, "run", disk)
    output = StageCost("output", 0.0, [(1, sample.output * len(region.pieces) * span / 3600.0)])
    stages = [StageCost("start", 0.0, [(1, sample.start / 3600.0)]), spinup, run, output]
    memory = sample.base + threads * len(region.pieces[0]) * sample.per_cell
    return Plan(stages, _nanoseconds(region, sample), memory, _notes(region, sample, cycles, spinup))


def _spin_up(region: Region, sample: Sample, cycles: np.ndarray, name: str, times: int = 1, disk=0.0) -> StageCost:
    """Rounds of groups of cells that need so many cycles each, and the trial cycle; all of it ``times``."""
    first, last = region.steps_of(*region.cycle)
    steps, pieces = last - first, []
    for number, (groups, blocks, ran) in enumerate(rounds_of(region.spinup, cycles, len(region.pieces[0]))):
        seconds = blocks * (sample.weather + (sample.trial if number == 0 else 0.0)) + ran * sample.spinup.seconds
        pieces.append((groups * times, seconds * steps / groups / 3600.0))
    return StageCost(name, float(times * (cycles + 1).sum() * steps * region.substeps), pieces, disk)


def _run(region: Region, sample: Sample, count: int, years: int, name: str, disk: float, times: int = 1) -> StageCost:
    """Some years of so many cells."""
    steps = _steps_of_years(region, years)
    pieces = times * -(-count // len(region.pieces[0]))
    hours = times * block_count(count) * steps * sample.run / 3600.0
    return StageCost(name, float(times * count * steps * region.substeps), [(pieces, hours / pieces)], disk)


def _steps_of_years(region: Region, years: int) -> float:
    first, last = region.steps_of(*region.years)
    own = region.years[1] - region.years[0] + 1
    return float(last - first) if years == own else years * _YEAR / region.weather.step


def _nanoseconds(region: Region, sample: Sample) -> float:
    return sample.run * 1e9 / (LANES * region.substeps)


def _output_bytes(cells: float, years: int, layers: int) -> float:
    return _ANY_FILE + _COMPRESSED * 4.0 * cells * years * (len(ANNUAL_LAYER) * layers + _SINGLE)


def _notes(region: Region, sample: Sample, cycles: np.ndarray, spinup: StageCost) -> list[str]:
    """What the plan rests on."""
    sampled, length = sample.spinup, region.cycle[1] - region.cycle[0] + 1
    if region.spinup.method in ("none", "fixed"):
        most = counted(region.spinup.most, "cycle")
        notes = [f"{most} of {counted(length, 'year')}, as set in the case, and one for the start"]
    else:
        notes = [
            f"{sampled.done.sum()} of {sampled.done.size} sampled cells converged within "
            f"{counted(sampled.ran, 'cycle')} of {counted(length, 'year')}; {cycles.mean():.1f} cycles on average, "
            f"{cycles.max()} at most"
        ]
        if not sampled.done.all():
            notes.append("slower cells: extrapolated from the spread of the others, or from their own drift")
    if sample.compiled:
        notes.append(f"compilation of the kernels took {sample.compiled:.0f} s, once for each machine and version")
    return notes


def plan_paper(region: Region, sample: Sample, threads: int = 1) -> Plan:
    """The whole campaign of Ji et al. (2026) at the speed and with the spin-up of a region's sample."""
    count, members, evaluations = PAPER["cells"], PAPER["members"], PAPER["evaluations"]
    settings, layers, own = region.spinup, region.thickness.size, plan_region(region, sample, threads)
    whole, map_cells = (cycles_of_all(sample.spinup, settings, n) for n in (count, PAPER["map_cells"]))
    again, map_again = (np.where(cycles > 0, np.maximum(cycles // 2, 1), 0) for cycles in (whole, map_cells))
    target = _run(region, sample, map_cells.size, PAPER["target_years"], "", 0.0, evaluations)
    tried = _spin_up(region, sample, map_again, "", evaluations)
    hindcast = _run(region, sample, count, PAPER["years"], "", 0.0, members)
    begun = _spin_up(region, sample, again, "", members)
    written = (members, sample.output * -(-count // len(region.pieces[0])) * PAPER["years"] / 3600.0)
    disk = _output_bytes(members * count, PAPER["years"], layers)
    stages = [
        _spin_up(region, sample, whole, "equilibrium of the default set"),
        StageCost("map calibration", tried.column_steps + target.column_steps, tried.pieces + target.pieces),
        StageCost(
            "hindcast", begun.column_steps + hindcast.column_steps, [*begun.pieces, *hindcast.pieces, written], disk
        ),
    ]
    words = (
        f"{evaluations} evaluations of {PAPER['map_cells']:,} cells to a year {PAPER['target_years']} years "
        f"on, {members} members of {count:,} cells over {PAPER['years']} years, all in parallel; from the equilibrium "
        "of the default set, a trial is assumed to need half of its spin-up"
    )
    return replace(own, stages=stages, notes=[words])


# -- a site -----------------------------------------------------------------------------------------------------------
def plan_site(site: Site, evaluations: int = 0, batch: int = 1, seconds: float = 5.0) -> Plan:
    """Bring a site's column towards equilibrium and say what run and calibration will cost.

    Parameters
    ----------
    site : Site
    evaluations, batch : int
        Of the calibration; a batch runs side by side.
    seconds : float
        About how long to measure.
    """
    setup, settings = site.setup, site.spinup
    columns = site.columns()
    begun = now()
    cycle = site.start(columns)
    started = now() - begun
    whole = len(cycle)
    timed = settings if settings.most else replace(settings, method="fixed", cycles=1)
    sampled, _ = spin_up_sample(columns, cycle, timed, seconds - started)
    cycles = settings.most
    if settings.method in ("converged", "accelerated"):
        cycles = int((sampled.cycles if sampled.done.all() else decayed(sampled, settings))[0])
    trial = site.profile.temperature is None and site.profile.surface_mean is None
    steps = (cycles + trial) * whole + len(site.forcing)
    hours = steps * sampled.seconds / 3600.0
    stages = [StageCost("run", float(steps * setup.substeps), [(1, hours)])]
    if evaluations:
        batches, side = -(-evaluations // batch), block_count(min(batch, evaluations))
        all_steps = float(evaluations * steps * setup.substeps)
        stages.append(StageCost("calibration, model", all_steps, [(side, hours * batches)]))
    reached = ", as its drift decays" if cycles > sampled.ran and settings.method != "fixed" else ""
    note = f"one column costs the block of {LANES} it stands in; {cycles} cycles of spin-up{reached}"
    return Plan(stages, sampled.seconds * 1e9 / (LANES * setup.substeps), peak_memory(), [note])
