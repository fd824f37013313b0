"""What is wrong with a region's case, and what it is when nothing is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from lsmcal.case import Case
from lsmcal.case.checks.partial import Faulty
from lsmcal.checking.calibration import CheckedCalibration, check_calibration
from lsmcal.core.errors import InputError, Problems, not_none
from lsmcal.core.folders import check_folder
from lsmcal.core.words import counted
from lsmcal.inputs.domain.domain import Domain
from lsmcal.planning.size import check_size, size_of_region
from lsmcal.simulate.from_case.region import check_years, region_of
from lsmcal.simulate.from_case.weather import cells_of, is_unpacked, look_at_unpacked
from lsmcal.simulate.region import Region


@dataclass(frozen=True)
class CheckedRegion:
    """A regional case without problems, with all it names read.

    Parameters
    ----------
    case : Case
    region : Region
    calibration : CheckedCalibration or None
    note : str
        On the room that the results need, if there is less.
    """

    case: Case
    region: Region
    calibration: CheckedCalibration | None = None
    note: str = ""

    def summary(self) -> list[tuple[str, str]]:
        """Label and text of each line to show."""
        case, region = self.case, self.region
        spinup, (first, last) = case.spinup, region.cycle
        most = spinup.cycles if spinup.method == "fixed" else spinup.max_cycles
        years = counted(most * (last - first + 1), "year")
        repeated = f"{first} to {last}, {spinup.method}, at most {counted(most, 'cycle')} ({years})"
        lines = [("case", f"{case.name} ({case.file})"), *_cells(region)]
        lines.append(("forcing", _weather(region)))
        lines.append(("spin-up", "none" if spinup.method == "none" else repeated))
        lines.append(("run", f"{region.years[0]} to {region.years[1]}"))
        if region.chosen.size:
            lines.append(("series", f"{region.series}, of {counted(region.chosen.size, 'cell')}"))
        lines.append(("size", size_of_region(case, region).words()))
        lines += [("note", self.note)] * bool(self.note)
        return lines + (self.calibration.summary() if self.calibration else [])


def check_region(case: Case, problems: Problems) -> CheckedRegion:
    """Read everything a regional case names and check it.

    Parameters
    ----------
    case : Case
        Faulty sections may be partial.
    problems : Problems
        What is known to be wrong with its keys.

    Raises
    ------
    InputError
        With all problems.
    """
    region = calibration = None
    try:
        region = region_of(case)
    except InputError as error:
        problems.extend(error)
        _look_further(case, problems)
    except Faulty:
        pass
    if case.calibrate is not None:
        domain = region.domain if region is not None else _cells_alone(case)
        calibration = check_calibration(case, domain, region, problems)
    with suppress(Faulty):
        check_folder(case, problems)
    note = ""
    if region is not None and not problems:
        note = check_size(case, size_of_region(case, region), problems)
    problems.raise_if_any()
    return CheckedRegion(case, not_none(region), calibration, note)


def _cells_alone(case: Case) -> Domain | None:
    """The cells, where something else is wrong; what is wrong with them has been said."""
    with suppress(Faulty, InputError):
        return cells_of(case, Problems())[0]
    return None


def _look_further(case: Case, problems: Problems) -> None:
    """Forcing that is yet to be packed: what stands in the way of packing, or of a run after it."""
    if not is_unpacked(case):
        return
    try:
        domain, _ = cells_of(case, Problems())
    except InputError:  # said already
        return
    source = None if domain is None else look_at_unpacked(case, domain, problems)
    if source is not None:
        check_years(case, source, problems)


def _cells(region: Region) -> list[tuple[str, str]]:
    domain = region.domain
    box = f"{_span(domain.longitude)} E, {_span(domain.latitude)} N, {_span(domain.elevation, 0)} m"
    lines = [("cells", f"{len(domain)}, {domain.area.sum() / 1e6:,.0f} km2; {box}")]
    lines.append(
        (
            "layers",
            f"{region.thickness.size}, to {region.thickness.sum():g} m; {_span(domain.tbot, 1)} K at "
            f"{region.around.zbot:g} m",
        )
    )
    lines.append(("vegetation", _shares(domain.vegetation, region.tables.vegetation.classes)))
    lines.append(("cover", f"{100 * domain.dense.mean():.0f} % of the cells with dense vegetation"))
    lines.append(("soil", _shares(domain.soil, region.tables.soil.classes)))
    return lines


def _shares(classes: np.ndarray, names: Sequence[str]) -> str:
    """Classes by share, the largest first."""
    found, counts = np.unique(classes, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return ", ".join(f"{names[found[i] - 1]} {100 * counts[i] / counts.sum():.0f} %" for i in order)


def _span(values: np.ndarray, digits: int = 2) -> str:
    low, high = float(np.min(values)), float(np.max(values))
    return f"{low:.{digits}f} to {high:.{digits}f}"


def _weather(region: Region) -> str:
    """Source and a look at the first year of some cells."""
    weather = region.weather
    some = region.domain.cell[np.unique(np.linspace(0, len(region.domain) - 1, 16).astype(int))]
    first, last = region.steps_of(region.years[0], region.years[0])
    values = weather.read(some, first, last)
    rain = values[:, 5].mean(axis=0, dtype=float) * 86400.0 * 365.25
    air = values[:, 0].mean(axis=0, dtype=float) - 273.15
    source = weather.attributes.get("source", "")
    return (
        f"{source}: {weather.time[0]} to {weather.time[-1]}, steps of {weather.step:g} s; {region.years[0]} in "
        f"{counted(some.size, 'cell')}: air {_span(air, 1)} °C, precipitation {_span(rain, 0)} mm"
    )
