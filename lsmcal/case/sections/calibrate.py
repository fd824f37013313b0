"""Keys of [calibrate], of a site and of a region: parameters, search and goals."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from lsmcal.case.limits import (
    Batch,
    Cycles,
    Depth,
    Evaluations,
    EveryNth,
    Members,
    Patience,
    Rows,
    Seed,
    Span,
    ToleranceKelvin,
    ToleranceWater,
    Value,
)
from lsmcal.case.sections.goals import OBJECTIVES, GoalKeys, MapGoalKeys, SiteGoalKeys, known_at_a_site
from lsmcal.case.types import Fraction, OneOf, Period, Section, key
from lsmcal.inputs.station.spec import OBSERVED_KINDS

ENGINES = ("openbox", "cmaes", "de", "sobol", "random")
#: Words that stand for several parameters in ``calibrate.parameters``.
GROUPS_OF_NAMES = ("sensitive", "all")


class HoldOut(Section):
    """calibrate.hold_out: bands of longitude withheld from calibration, for validation."""

    every: Annotated[int, Field(ge=2, le=10_000)] = Field(3, description="every n-th band of longitude is withheld")
    width: Span | None = Field(None, description="width of a band, degrees; one cell if not given")


class TrialSpinUp(Section):
    """calibrate.spinup: from the default set's equilibrium to that of a trial."""

    method: Literal["converged", "accelerated", "fixed", "none"] = Field(
        "converged", description="as in [spinup], which also gives the defaults"
    )
    cycles: Cycles | None = Field(None, description="fixed: number of cycles")
    min_cycles: Cycles | None = Field(None, description="converged and accelerated: minimum number of cycles")
    max_cycles: Cycles | None = Field(None, description="converged and accelerated: maximum number of cycles")
    tolerance_temperature: ToleranceKelvin | None = Field(None, description="as in [spinup], K")
    tolerance_water: ToleranceWater | None = Field(None, description="as in [spinup], mm")
    tolerance_ice: ToleranceWater | None = Field(None, description="as in [spinup], mm")


#: Keys that say what a site is fitted to, with the names that a goal of kind "site" has for them.
SHORT_FORM = {
    "objective": "objective",
    "kind": "variable",
    "depths": "depths",
    "calibration": "calibration",
    "validation": "validation",
}
#: Keys that need the cells of a region.
OF_CELLS = ("combine", "cells", "reach", "every", "hold_out", "spinup")


class Calibrate(Section):
    """[calibrate]: parameters, search and goals; defaults are those of a region."""

    #: Keys that this kind of case has no use for.
    FOREIGN: ClassVar[frozenset[str]] = frozenset(SHORT_FORM)

    parameters: Annotated[list[str], Field(min_length=1)] = key(
        ["sensitive"], 'names, with or without class; "sensitive" or "all"'
    )
    screening: str = key("", "chosen.json of a screening, instead of parameters")
    ranges: dict[str, list[Value]] = key({}, "parameter to [low, high], instead of the table's range")
    threshold: Fraction = key(
        0.056, "share of the layers, or of the sensitive cells, from which a class counts as predominant"
    )
    engine: Annotated[str, OneOf(ENGINES)] = key("openbox", "search method")
    engine_options: dict[str, Any] = key({}, "options of the engine")
    evaluations: Evaluations = key(500, "parameter sets to evaluate; may grow later")
    batch: Batch = key(8, "parameter sets proposed at once")
    seed: Seed = key(1, "seed of the search")
    patience: Patience = key(150, "stop after so many evaluations without improvement; 0: never")
    objective: Annotated[str, OneOf(OBJECTIVES)] = key("nse", "site: mean over depths that is optimised")
    kind: Annotated[str, OneOf(OBSERVED_KINDS)] = key("soil_temperature", "site: observed quantity of the objective")
    depths: list[Depth] | None = key(None, "site: observed depths, m; all below the skin if not given")
    calibration: list[Period] = key([], "site: [first, last] days that are fitted; all observed days if empty")
    validation: list[Period] = key([], "site: [first, last] days withheld, for validation")
    members: Members = key(13, "size of the ensemble")
    goals: Annotated[list[GoalKeys], Field(min_length=1)] = key(
        [MapGoalKeys(kind="map")], 'goals, each a table with kind "map", "network" or "site"'
    )
    combine: Literal["weighted", "pareto"] = key(
        "weighted", "several goals: their weighted mean, or their Pareto front"
    )
    cells: Literal["sensitive", "all"] = key(
        "sensitive", "cells of the map: the sensitive region (where the default set disagrees, and around), or all"
    )
    reach: Rows = key(1, "rows and columns around a cell that disagrees; 1 is 3 x 3")
    every: EveryNth = key(1, "use every n-th of these cells only, to save time")
    hold_out: HoldOut | None = key(None, "validation bands withheld from calibration, {every, width}")
    spinup: TrialSpinUp = key(TrialSpinUp(), "from the default set's equilibrium to a trial's")

    def plain(self) -> dict[str, Any]:
        """Without the keys that this kind of case has no use for."""
        idle = self.FOREIGN | ({"parameters"} if self.screening else set())
        return self.model_dump(by_alias=True, exclude_none=True, exclude=set(idle))


class RegionCalibrate(Calibrate):
    """[calibrate] of a region."""


class SiteCalibrate(Calibrate):
    """[calibrate] of a site: the same keys; fewer evaluations, no early end, and one goal.

    The goal is a table in ``goals``, or written short as ``objective``, ``kind``, ``depths``, ``calibration`` and
    ``validation`` of [calibrate] itself.
    """

    FOREIGN: ClassVar[frozenset[str]] = frozenset((*OF_CELLS, "goals"))
    #: Keys that others are made of.
    MADE_OF: ClassVar[dict[str, tuple[str, ...]]] = {"goal": ("goals", *SHORT_FORM)}

    evaluations: Evaluations = key(200, "model runs to spend; may grow later")
    patience: Patience = key(0, "stop after so many evaluations without improvement; 0: never")
    goals: Annotated[list[Annotated[GoalKeys, BeforeValidator(known_at_a_site)]], Field(min_length=1)] = key(
        [], 'the one goal, of kind "site", instead of the short form'
    )

    @property
    def goal(self) -> SiteGoalKeys:
        """What the site is fitted to, however it is written."""
        if self.goals and isinstance(self.goals[0], SiteGoalKeys):
            return self.goals[0]
        given = {long: getattr(self, short) for short, long in SHORT_FORM.items()}
        return SiteGoalKeys(**{**given, "kind": "site", "depths": self.depths or []})

    def plain(self) -> dict[str, Any]:
        """The goal in its short form, so that both ways of writing it are the same case."""
        content = {name: value for name, value in super().plain().items() if value or name != "screening"}
        if self.goals:
            goal = self.goal.plain()
            content |= {short: goal[long] for short, long in SHORT_FORM.items() if goal[long] or short != "depths"}
        return content
