"""Keys of [screen]: which parameters matter, at which cells, for what."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Annotated, Literal

from pydantic import Field

from lsmcal.case.limits import MOST_SAMPLES, Code, Degrees, Depth, Kept, RayStep, Replicates, Seed, Stars
from lsmcal.case.messages import Complaints
from lsmcal.case.sections.ground import Grid
from lsmcal.case.sections.region import RegionRun
from lsmcal.case.types import OneOf, Section, Year, exactly
from lsmcal.core.errors import Problems
from lsmcal.core.memory import check_memory
from lsmcal.parameters.table import find_parameter, parameter_table, sensitive_parameters

RESPONSES = ("temperature", "water")
_GROUPS = {
    "all": tuple(row.name for row in parameter_table() if row.status == "tunable"),
    "sensitive": sensitive_parameters(),
}


class ScreenCell(Section):
    """One of screen.cells."""

    name: Annotated[str, Field(min_length=1)] = Field(description="name in tables and figures")
    at: Annotated[list[Degrees], exactly(2)] = Field(description="[longitude, latitude] of a point in the cell")


class Screen(Section):
    """[screen]: STAR-VARS on runs of a few cells."""

    cells: Annotated[list[ScreenCell], Field(min_length=1)] = Field(description="cells, each {name, at = [lon, lat]}")
    year: Year = Field(2010, description="year whose means are the responses")
    depths: Annotated[list[Depth], Field(min_length=1)] = Field(
        [0.1, 2.7, 10.2], description="depths of the responses, m; the layer whose node is nearest"
    )
    responses: Annotated[list[Annotated[str, OneOf(RESPONSES)]], Field(min_length=1)] = Field(
        list(RESPONSES), description="annual means analysed"
    )
    parameters: Annotated[list[str], Field(min_length=1)] = Field(
        ["all"], description='names of the parameter table, without class; "all" tunable ones, or "sensitive"'
    )
    centers: Stars = Field(100, description="stars")
    delta_h: RayStep = Field(0.1, description="distance of neighbours on a ray, as a fraction of the range")
    sampler: Literal["lhs", "sobol", "halton", "random"] = Field("lhs", description="sampler of the star centres")
    seed: Seed = Field(1, description="seed of sample and bootstrap")
    bootstrap: Replicates = Field(1000, description="bootstrap replicates of stars; 0: none")
    soil: Code | str = Field("", description="soil class of a homogeneous column; empty: the cell's own layers")
    share: float = Field(
        0.3, description="fraction of a parameter's ranks, the best ones, that its score sums", gt=0, le=1
    )
    rounding: Literal["nearest", "down", "up"] = Field(
        "nearest", description="rounding of the number of those ranks; the alternatives are reported too"
    )
    keep: Kept = Field(10, description="number of parameters selected")

    def samples(self) -> int:
        """Parameter sets of the sample."""
        return self.centers * (len(self.names()) * (round(1.0 / self.delta_h) - 1) + 1)

    def memory(self, layers: int) -> float:
        """About the memory of sample, runs and analysis on the first rank [bytes].

        Parameters
        ----------
        layers : int
            Of a column, each with two annual means.
        """
        parameters, points = len(self.names()), round(1.0 / self.delta_h)
        sample = self.samples() * (3.0 * parameters + 2.0 * len(self.cells) * layers)
        stars, replicates = self.centers * parameters * points, self.bootstrap * parameters * points
        return 8.0 * (sample + 10.0 * stars + 6.0 * replicates + 3.0 * self.bootstrap * self.centers)

    def names(self) -> list[str]:
        """Parameters by name, in the order of the table, with "all" and "sensitive" written out."""
        given = {name for one in self.parameters for name in _GROUPS.get(one, (one,))}
        return [row.name for row in parameter_table() if row.name in given]


def _parameters(screen: Screen, out: Complaints) -> None:
    for number, name in enumerate(screen.parameters, start=1):
        if name in _GROUPS:
            continue
        key = f"screen.parameters[{number}]"
        try:
            row = find_parameter(name)
        except KeyError as error:
            out.add(key, str(error.args[0]), "", "names of the table, without class; lsmcal params lists them")
            continue
        if row.status != "tunable":
            out.add(key, f"is {row.status}: it follows other parameters", name, "a tunable parameter")


def _keep(screen: Screen, out: Complaints) -> None:
    count = len(screen.names())
    if screen.keep > count > 0:
        out.add("screen.keep", "is more than the number of parameters", screen.keep, f"at most {count}")


def _step(screen: Screen, out: Complaints) -> None:
    number = 1.0 / screen.delta_h
    if round(number) < 2 or abs(number - round(number)) > 1e-6:
        out.add("screen.delta_h", "does not divide 1", screen.delta_h, "for example 0.1 or 0.05")


def _repeated(screen: Screen, out: Complaints) -> None:
    lists: dict[str, Sequence[object]] = {
        "cells": [cell.name for cell in screen.cells],
        "depths": screen.depths,
        "responses": screen.responses,
    }
    for key, values in lists.items():
        twice = [value for value in dict.fromkeys(values) if values.count(value) > 1]
        if twice:
            out.add(f"screen.{key}", "is given twice", twice[0])


def _year(screen: Screen, run: RegionRun, out: Complaints) -> None:
    if not run.years[0] <= screen.year <= run.years[1]:
        out.add("screen.year", "lies outside [run] years", screen.year, f"{run.years[0]} to {run.years[1]}")


def _depths(screen: Screen, grid: Grid, out: Complaints) -> None:
    bottom = list(accumulate(grid.thickness))[-1]
    for number, depth in enumerate(screen.depths, start=1):
        if depth > bottom:
            out.add(f"screen.depths[{number}]", "lies below the column", f"{depth:g} m", f"at most {bottom:g} m")


def _size(screen: Screen, grid: Grid, out: Complaints) -> None:
    count = screen.samples()
    if count > MOST_SAMPLES:
        out.add("screen.centers", f"make {count:,} samples", screen.centers, f"at most {MOST_SAMPLES:,} samples")
        return
    needed = Problems()
    check_memory(screen.memory(len(grid.thickness)), f"a screening of {count:,} samples", needed)
    for problem in needed.found:
        out.add("screen.centers", problem.message, screen.centers, problem.expected)


#: Checks of [screen] that concern several keys, for the table of a case's checks.
SCREEN_CHECKS = (
    (("screen",), _parameters),
    (("screen",), _keep),
    (("screen",), _step),
    (("screen",), _repeated),
    (("screen", "run"), _year),
    (("screen", "grid"), _depths),
    (("screen", "grid"), _size),
)
