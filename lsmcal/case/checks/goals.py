"""Checks of [[calibrate.goals]] over a region."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from lsmcal.case.messages import Complaints
from lsmcal.case.sections.goals import GoalKeys, MapGoalKeys, NetworkGoalKeys, SiteGoalKeys, goal_name
from lsmcal.inputs.observed.network import VARIABLES


def check_goals(
    goals: Sequence[GoalKeys],
    years: Sequence[int],
    thickness: Sequence[float],
    out: Complaints,
    key: str = "calibrate.goals",
    target_year: int | None = None,
) -> None:
    """Complain of everything that shows without opening a file.

    Parameters
    ----------
    goals : sequence
    years : (first, last)
        Of the run.
    thickness : sequence of float
        Of the layers [m].
    out : Complaints
    key : str
        Name of the list.
    target_year : int, optional
        Year of [target].
    """
    bottom = list(accumulate(thickness))[-1]
    names: dict[str, int] = {}
    for number, keys in enumerate(goals, start=1):
        place = f"{key}[{number}]"
        _check_kind(keys, years, out, place)
        for index, depth in enumerate(getattr(keys, "depths", ()), start=1):
            if depth > bottom:
                out.add(f"{place}.depths[{index}]", "lies below the column", f"{depth:g} m", f"at most {bottom:g} m")
        name = goal_name(keys, target_year)
        if names.setdefault(name, number) != number:
            out.add(f"{place}.name", f"is already the name of goal {names[name]}", name, "a unique name")


def _check_kind(keys: GoalKeys, years: Sequence[int], out: Complaints, place: str) -> None:
    if keys.kind == "map":
        _check_map(keys, years, out, place)
    elif keys.kind == "network":
        _check_network(keys, years, out, place)
    else:
        _check_site(keys, years, out, place)


def _inside(year: int, years: Sequence[int], out: Complaints, key: str, value: object) -> None:
    if not years[0] <= year <= years[1]:
        out.add(key, "lies outside [run] years", value, f"{years[0]} to {years[1]}")


def _check_map(keys: MapGoalKeys, years: Sequence[int], out: Complaints, place: str) -> None:
    if keys.year is not None and not years[0] < keys.year <= years[1]:
        out.add(
            f"{place}.year",
            "this year or the one before lies outside [run] years",
            keys.year,
            f"{years[0] + 1} to {years[1]}",
        )


def _check_network(keys: NetworkGoalKeys, years: Sequence[int], out: Complaints, place: str) -> None:
    for index, year in enumerate(keys.years, start=1):
        _inside(year, years, out, f"{place}.years[{index}]", year)
    if keys.depths and VARIABLES[keys.variable].depth == "no":
        out.add(f"{place}.depths", f"{keys.variable} has no depth", keys.depths, "no depths, or another variable")
    if keys.deepest is not None and keys.variable != "alt":
        out.add(f"{place}.deepest", "applies only to alt", keys.deepest, "a goal without this key")


def _check_site(keys: SiteGoalKeys, years: Sequence[int], out: Complaints, place: str) -> None:
    if keys.at is None:
        out.add(f"{place}.at", "key is missing", "", "[longitude, latitude] of a point in the cell")
    for index, depth in enumerate(keys.depths, start=1):
        if depth <= 0.0:
            out.add(f"{place}.depths[{index}]", "is out of range", f"{depth:g}", "above 0")
    for name, only in (("variable", "soil_temperature"), ("objective", "nse")):
        if getattr(keys, name) != only:
            expected = f'"{only}"; others at a site only'
            out.add(f"{place}.{name}", "is not available over a region", getattr(keys, name), expected)
    _check_measurements(keys, years, out, place)
    _check_days(keys, years, out, place)


def _check_measurements(keys: SiteGoalKeys, years: Sequence[int], out: Complaints, place: str) -> None:
    if bool(keys.file) == keys.twin:
        out.add(
            place,
            "needs either measurements or a twin, not both",
            "both" if keys.file else "neither",
            "file = ... or twin = true",
        )
    if keys.twin and not keys.depths:
        out.add(f"{place}.depths", "a twin needs the depths of its sensors", "", "for example [0.1, 0.4, 1.0]")
    if keys.twin and not keys.calibration:
        out.add(
            f"{place}.calibration",
            "a twin needs calibration days",
            "",
            f'for example [["{years[1]}-01-01", "{years[1]}-12-31"]]',
        )


def _check_days(keys: SiteGoalKeys, years: Sequence[int], out: Complaints, place: str) -> None:
    for which in ("calibration", "validation"):
        for index, (first, last) in enumerate(getattr(keys, which), start=1):
            key, value = f"{place}.{which}[{index}]", f"{first} to {last}"
            if not first or not last or first > last:
                out.add(key, "is open, or its first day is after its last", value, "[first day, last day]")
                continue
            for day in (first, last):
                if not years[0] <= int(day[:4]) <= years[1]:
                    _inside(int(day[:4]), years, out, key, value)
                    break
