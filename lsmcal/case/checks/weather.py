"""Checks of [forcing] at a site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from difflib import get_close_matches

from lsmcal.case.limits import MOST_YEARS
from lsmcal.case.messages import Complaints
from lsmcal.case.sections.weather import Forcing
from lsmcal.inputs.station import estimate
from lsmcal.inputs.station.spec import FORCING_ROLES
from lsmcal.inputs.synthetic.station_generator import Climate, climate_problems


def _forcing_file(forcing: Forcing, out: Complaints) -> None:
    if forcing.format != "generator" and not forcing.file:
        out.add("forcing.file", "key is missing", "", f'the file of format "{forcing.format}"')


def _forcing_years(forcing: Forcing, out: Complaints) -> None:
    if forcing.years[1] < forcing.years[0]:
        out.add("forcing.years", "has its first year after its last", forcing.years, "[first, last]")
    elif (span := forcing.years[1] - forcing.years[0] + 1) > MOST_YEARS:
        out.add("forcing.years", f"are {span} years", forcing.years, f"at most {MOST_YEARS} years")


def _climate(forcing: Forcing, out: Complaints) -> None:
    for name, expected in climate_problems(forcing.climate):
        out.add(f"forcing.climate.{name}", "is out of range", forcing.climate[name], expected)


def _roles(name: str, known: Iterable[str]):
    def check(forcing: Forcing, out: Complaints) -> None:
        _names(f"forcing.{name}", getattr(forcing, name), list(known), out)

    return check


def _names(key: str, given: Iterable[str], known: list[str], out: Complaints) -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            out.add(f"{key}.{name}", f"unknown key{hint}", "", "" if near else "one of " + ", ".join(known))


def _formula(name: str, known: Iterable[str]):
    def check(forcing: Forcing, out: Complaints) -> None:
        formula = getattr(forcing, f"estimate_{name}")
        if formula and formula not in known:
            out.add(f"forcing.estimate_{name}", "unknown formula", formula, "one of " + ", ".join(known))

    return check


#: Checks of the weather of a site.
WEATHER_CHECKS = (
    (("forcing",), _forcing_file),
    (("forcing",), _forcing_years),
    (("forcing",), _roles("columns", FORCING_ROLES)),
    (("forcing",), _roles("constants", FORCING_ROLES)),
    (("forcing",), _roles("climate", [item.name for item in fields(Climate)])),
    (("forcing",), _climate),
    (("forcing",), _formula("longwave", estimate.LONGWAVE)),
    (("forcing",), _formula("air_pressure", estimate.PRESSURE)),
)
