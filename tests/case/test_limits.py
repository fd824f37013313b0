"""Limits of the numbers of a case: every number has them, and what is beyond is refused at once."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from lsmcal.case.sections.kinds import FORCING, SECTIONS
from lsmcal.checking.case import check_file
from tests.case.test_load import SMALL, TWIN, refused

MODELS = {model for sections in SECTIONS.values() for model in sections.values()} | set(FORCING.values())


def parts(annotation: Any, metadata: tuple = ()) -> Iterator[tuple[Any, tuple]]:
    """Numbers and tables inside a type, each with all that is said of it on the way."""
    if get_origin(annotation) is Annotated:
        inner, *said = get_args(annotation)
        yield from parts(inner, (*metadata, *said))
    elif get_origin(annotation) in (Union, UnionType):
        for part in get_args(annotation):
            yield from parts(part, metadata)
    elif get_origin(annotation) in (list, dict, tuple):
        for part in get_args(annotation):
            yield from parts(part)
    elif annotation in (int, float) or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        yield annotation, metadata


def is_limited(metadata: tuple) -> bool:
    """Whether there is a smallest and a largest value."""
    for item in metadata:
        limits = getattr(getattr(item, "func", None), "limits", None)
        if limits is not None:
            return True
    plain = [part for item in metadata for part in (getattr(item, "metadata", None) or [item])]
    low = any(hasattr(item, "ge") or hasattr(item, "gt") for item in plain)
    return low and any(hasattr(item, "le") or hasattr(item, "lt") for item in plain)


def unlimited(model: type[BaseModel], seen: set) -> set[str]:
    found: set[str] = set()
    if model in seen:
        return found
    seen.add(model)
    for name, field in model.model_fields.items():
        for kind, metadata in parts(field.annotation, tuple(field.metadata)):
            if kind not in (int, float):
                found |= unlimited(kind, seen)
            elif not is_limited(metadata):
                found.add(f"{model.__name__}.{name}")
    return found


def test_every_number_of_every_section_has_limits():
    seen: set = set()
    found = set().union(*(unlimited(model, seen) for model in MODELS))
    assert not found, sorted(found)
    assert len(seen) > 30


def test_the_walk_finds_a_number_without_limits():
    class Inner(BaseModel):
        half: Annotated[float, "no limit"] | None = None
        lists: list[Annotated[list[int], "two"]] = []

    class Outer(BaseModel):
        inner: dict[str, Inner] = {}
        text: str = ""

    assert unlimited(Outer, set()) == {"Inner.half", "Inner.lists"}


TWELVE = "[{}]".format(", ".join(["1e30"] * 12))
#: Numbers that nobody means, each with what it is refused for; one or both ends.
ABSURD = [
    ("site.height_wind=1e-9", "at least 0.1"),
    ("site.height_wind=1e9", "at most 500"),
    (f"site.leaf_area={TWELVE}", "at most 20"),
    ("site.zbot=1e300", "at most 2000"),
    ("grid.thickness=[0.1, 1e-9, 1.0]", "at least 0.001 m"),
    ("grid.thickness=[500.0, 500.0, 500.0, 499.0, 400.0]", "reaches too deep"),
    ("initial.snow_water=1e9; initial.snow_depth=1e9", "at most"),
    ("initial.snow_depth=1.0; initial.snow_water=0.0", "at most 0 m"),
    ("initial.saturation=1e-300", "at least 0.001"),
    ("spinup.tolerance_temperature=1e-300", "at least 1e-09"),
    ("site.height_wind=0.5; site.vegetation=14; parameters.Z0MAX[14]=0.6", "above the roughness length"),
    ("initial.canopy_water=1e9", "at most 0.05"),
    ("run.threads=1000000000", "at most 4096"),
    ("model.substeps=1000000000", "at most 86400"),
    ("spinup.cycles=1000000000", "at most 1000000"),
    ("forcing.target_step=1e-9", "at least 1"),
    ("forcing.seed=-1", "at least 0"),
    ("forcing.seed=99999999999999999999", "an integer of 64 bits"),
    ("forcing.seed=4294967296", "at most 4294967295"),
    ("calibrate.batch=1000000000000000000", "at most 100000"),
    ("calibrate.evaluations=1000000000000000000", "at most 1000000"),
    ("calibrate.members=100000; calibrate.evaluations=321", "is more than the evaluations"),
    ("calibrate.ranges.SBETA=[-1e300, 1.0]", "at least -1e+09"),
    (f"{TWIN}; calibrate.engine=cmaes; calibrate.engine_options.sigma=1e300", "at most 10"),
    (f"{TWIN}; observations.noise=1e300", "at most 50"),
    ("calibrate.engine=de; calibrate.engine_options.population=inf", "at most 100000"),
    ("forcing.years=[1, 9999]", "at most 1000 years"),
    ("forcing.climate.precipitation=-500.0", "0 to 20000 mm"),
    ("forcing.climate.mean_temperature=0.0", "200 to 320 K"),
    ("forcing.climate.mean_temperature=1e30", "at most 1e+09"),
    ("forcing.climate.annual_range=200.0", "0 to 100 K"),
    ("forcing.climate.wind=-4.0", "0 to 60 m s-1"),
    ("forcing.climate.persistence=1.5", "0 to 0.9999"),
    ("site.latitude=1e300", "at most 90"),
]


@pytest.mark.parametrize(("overrides", "expected"), ABSURD, ids=[text for text, _ in ABSURD])
def test_absurd_numbers_are_refused(tmp_path, overrides, expected):
    (tmp_path / "case.toml").write_text(SMALL)
    lines = refused(check_file, tmp_path, overrides.split("; "))
    assert any(expected in line for line in lines), lines
    assert len(lines) <= 12
