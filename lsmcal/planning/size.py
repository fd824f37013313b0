"""What a case implies before anything of it is allocated: steps, memory and disk, from its numbers alone.

Nothing is measured here, unlike in :mod:`lsmcal.planning.plan`. Sizes are those of the largest arrays of each stage.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lsmcal.case import Case
from lsmcal.core.errors import Problems
from lsmcal.core.memory import check_memory, size_in_words
from lsmcal.inputs.station.forcing import Forcing
from lsmcal.noah.runtime.blocks import block_count
from lsmcal.noah.runtime.jit import LANES
from lsmcal.noah.runtime.state import COLUMN_STATE, LAYER_STATE
from lsmcal.noah.statistics import ANNUAL_LAYER
from lsmcal.simulate.region import Region
from lsmcal.simulate.results import PROFILES, SURFACE

_NUMBER = 8.0
#: Numbers of a step of the weather, as read and as laid over the columns.
_OF_WEATHER = 2 * 8
#: Bytes of the output that compression leaves; bytes of any such file.
_COMPRESSED, _ANY_FILE = 0.65, 40_000.0


@dataclass(frozen=True)
class Size:
    """What a case implies.

    Parameters
    ----------
    steps : float
        Steps of all columns at most, spin-up included.
    memory : float
        Of one process, beside the program itself [bytes].
    disk : float
        Of the results [bytes].
    """

    steps: float
    memory: float
    disk: float

    def words(self) -> str:
        """In words, for the summary of a check."""
        memory, disk = size_in_words(self.memory), size_in_words(self.disk)
        return f"at most {self.steps:.3g} steps of a column, about {memory} of memory and {disk} on disk"


def size_of_site(case: Case, forcing: Forcing, searched: bool = True) -> Size:
    """Size of the run of a site and, where there is something to fit, of its calibration.

    Parameters
    ----------
    case : Case
    forcing : Forcing
        What run and spin-up need of it.
    searched : bool
        With the calibration.
    """
    layers, run = len(case.grid.thickness), forcing.between(case.site_run.start, case.site_run.end)
    steps, days = len(run), len(run) * run.step / 86_400.0
    records = {"step": float(steps), "daily": days, "none": 0.0}[case.site_run.output]
    values = len(SURFACE) + len(PROFILES) * layers
    cycles, cycle = _cycles(case.spinup), _cycle_steps(case, forcing)
    memory = _NUMBER * (_OF_WEATHER * len(forcing) + records * values * LANES)
    evaluations = 0
    if searched and case.observations is not None:
        search = case.site_calibrate
        evaluations = search.evaluations
        blocks = block_count(min(search.batch, search.evaluations))
        memory = max(memory, _NUMBER * (_OF_WEATHER * len(forcing) + blocks * LANES * days * layers))
    disk = _ANY_FILE + _COMPRESSED * 4.0 * records * values + _NUMBER * days / 365.0 * len(ANNUAL_LAYER) * layers
    whole = (steps + cycles * cycle) * (1.0 + evaluations) * case.model.substeps
    return Size(whole, memory, disk)


def size_of_region(case: Case, region: Region) -> Size:
    """Size of the spin-up and the run of a region, on one process with the threads of the case.

    Parameters
    ----------
    case : Case
    region : Region
    """
    cells, layers = len(region.domain), region.thickness.size
    first, last = region.steps_of(*region.years)
    begin, end = region.steps_of(*region.cycle)
    years = region.years[1] - region.years[0] + 1
    state = cells * (len(COLUMN_STATE) + len(LAYER_STATE) * layers)
    pieces = min(case.run.threads, len(region.pieces)) * len(region.pieces[0]) * (end - begin) * 8.0 / 2.0
    statistics = cells * (len(ANNUAL_LAYER) * layers + 20.0) * years
    steps = cells * (float(last - first) + _cycles(case.spinup) * float(end - begin)) * region.substeps
    disk = 2.0 * _ANY_FILE + _COMPRESSED * 4.0 * statistics + _NUMBER * state
    return Size(steps, _NUMBER * (2.0 * state + pieces) + 4.0 * statistics / years, disk)


def check_size(case: Case, size: Size, problems: Problems) -> str:
    """Refuse what this machine cannot hold; a note where the disk has less room than the results need.

    Parameters
    ----------
    case : Case
    size : Size
    problems : Problems

    Returns
    -------
    str
        The note, or empty.
    """
    keys = "run, calibrate.batch" if case.kind == "site" else "region, run"
    check_memory(size.memory, "the case", problems, source=case.file, variable=keys)
    place = Path(case.output_folder).absolute()
    free = next((shutil.disk_usage(folder).free for folder in (place, *place.parents) if folder.is_dir()), 0)
    if size.disk <= free:
        return ""
    return f"the results need about {size_in_words(size.disk)}; the disk has {size_in_words(free)} free"


def _cycles(spinup) -> int:
    if spinup.method == "none":
        return 0
    return spinup.cycles if spinup.method == "fixed" else spinup.max_cycles


def _cycle_steps(case: Case, forcing: Forcing) -> float:
    start, end = case.spinup_period(forcing.local_days[0])
    return float(len(forcing.between(start, end))) if start else 0.0
