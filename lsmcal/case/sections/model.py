"""Keys of [model]: preset, named options and parameter tables."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Literal

from pydantic import AfterValidator, create_model

from lsmcal.case.limits import DEEPEST, Substeps, WaterLeak
from lsmcal.case.types import OneOf, Refused, Section, key
from lsmcal.noah.parameters.options import CHOICES, PRESETS, Choices, preset

#: Water created and lost in a year above which a trial of a calibration fails [mm].
TRIAL_LIMIT = 10.0


class Tables(Section):
    """[model], without the named options."""

    preset: Annotated[str, OneOf(PRESETS)] = key("ji2026", "combination of all named options below")
    soil_table: str = key("", "packaged soil table or a .TBL file; the preset's if empty")
    vegetation_table: str = key("usgs", "packaged vegetation table or a .TBL file")
    general_table: str = key("", "packaged general parameters or a .TBL file; the preset's if empty")
    soil_section: str = key("STAS", "section of a soil .TBL file")
    vegetation_section: str = key("USGS", "section of a vegetation .TBL file")
    substeps: Substeps = key(1, "model steps within a forcing step")
    leak_limit: WaterLeak = key(
        TRIAL_LIMIT, "mm a year; a trial of a calibration that creates or loses more water fails"
    )
    forcing_between_steps: Literal["held", "linear"] = key("held", "forcing within a forcing step")


def _number_option(name: str):
    """A number within the limits that the option has in the model, and no deeper than any ground."""

    def check(value: float) -> float:
        try:
            preset("ji2026", **{name: value})
        except ValueError as error:
            raise Refused("is out of range", str(error).partition("expected ")[2]) from None
        if value > DEEPEST:
            raise Refused("is out of range", f"at most {DEEPEST:g}")
        return value

    check.limits = (0.0, DEEPEST)  # type: ignore[attr-defined]
    return Annotated[float, AfterValidator(check)]


def _option(name: str):
    kind = Annotated[str, OneOf(CHOICES[name])] if name in CHOICES else _number_option(name)
    return (kind | None, key(None, "named option; the preset's if not given"))


Model = create_model("Model", __base__=Tables, **{item.name: _option(item.name) for item in fields(Choices)})
Model.__doc__ = "[model]: the preset, single options that differ from it, and the tables."


def choices_of(model: Tables) -> Choices:
    """The preset of a case with its single options on top."""
    given = {item.name: getattr(model, item.name) for item in fields(Choices)}
    return preset(model.preset, **{name: value for name, value in given.items() if value is not None})
