"""The sections that each kind of case has, and which of them it may do without."""

from __future__ import annotations

from collections.abc import Mapping

from lsmcal.case.sections.about import About, Report
from lsmcal.case.sections.calibrate import RegionCalibrate, SiteCalibrate
from lsmcal.case.sections.degree_days import IndicesForcing
from lsmcal.case.sections.domain import Domain
from lsmcal.case.sections.gridded_forcing import GriddedForcingKeys, PackedForcingKeys
from lsmcal.case.sections.ground import Grid, Site
from lsmcal.case.sections.model import Model
from lsmcal.case.sections.observations import Observations
from lsmcal.case.sections.region import GeneratedForcing, Region, RegionRun, RegionSpinUp
from lsmcal.case.sections.screen import Screen
from lsmcal.case.sections.start import Initial, Run, SiteSpinUp
from lsmcal.case.sections.target import Target
from lsmcal.case.sections.weather import Forcing
from lsmcal.case.types import Section

#: Sections of both kinds in the order in which a case is written.
ORDER = (
    "case",
    "site",
    "region",
    "domain",
    "grid",
    "model",
    "forcing",
    "initial",
    "spinup",
    "run",
    "observations",
    "screen",
    "target",
    "calibrate",
    "report",
)
#: Kind of case to its sections and their keys, in that order. [parameters] is a parameter set and has no
#: fixed keys. [forcing] of a region depends on its format: :data:`FORCING`.
SECTIONS: dict[str, dict[str, type[Section]]] = {
    "site": {
        "case": About,
        "site": Site,
        "grid": Grid,
        "model": Model,
        "forcing": Forcing,
        "initial": Initial,
        "spinup": SiteSpinUp,
        "run": Run,
        "observations": Observations,
        "calibrate": SiteCalibrate,
        "report": Report,
    },
    "region": {
        "case": About,
        "region": Region,
        "domain": Domain,
        "grid": Grid,
        "model": Model,
        "forcing": GriddedForcingKeys,
        "spinup": RegionSpinUp,
        "run": RegionRun,
        "screen": Screen,
        "target": Target,
        "calibrate": RegionCalibrate,
        "report": Report,
    },
}
#: [forcing] of a region, by its format.
RegionForcing = GeneratedForcing | IndicesForcing | GriddedForcingKeys | PackedForcingKeys
#: Format of a region's weather to the keys of [forcing]; all others are layouts of files.
FORCING: dict[str | None, type[Section]] = {
    None: GeneratedForcing,
    "plateau": GeneratedForcing,
    "climatology": GeneratedForcing,
    "indices": IndicesForcing,
    "packed": PackedForcingKeys,
}
#: Sections a case may do without: then they are None.
OPTIONAL = ("observations", "domain", "screen", "target")


def kind_of(content: Mapping[str, object]) -> str:
    """Kind of the case that a file holds."""
    return "region" if "region" in content else "site"


def sections_of(content: Mapping[str, object]) -> dict[str, type[Section]]:
    """Sections and keys of the kind of case that this is; of a region without those it does not mention."""
    sections = dict(SECTIONS[kind_of(content)])
    if kind_of(content) == "site":
        return sections
    sections["forcing"] = _forcing(content.get("forcing"))
    searched = "target" in content or "calibrate" in content
    absent = {"domain", "screen"} - set(content) | (set() if searched else {"target", "calibrate"})
    return {name: section for name, section in sections.items() if name not in absent}


def _forcing(given: object) -> type[Section]:
    chosen = given.get("format") if isinstance(given, Mapping) else None
    known = isinstance(chosen, str | None) and chosen in FORCING
    return FORCING[chosen] if known else GriddedForcingKeys


def required(content: Mapping[str, object]) -> tuple[str, ...]:
    """Sections that must be there."""
    if kind_of(content) == "site":
        return "site", "forcing"
    region = content["region"]
    made = isinstance(region, Mapping) and region.get("source") in ("plateau", "climatology")
    return () if made else ("forcing",)
