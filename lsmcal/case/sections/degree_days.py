"""Keys of [forcing] with format "indices": weather scaled to maps of freezing and thawing degree days."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from lsmcal.case.limits import Code
from lsmcal.case.sections.domain import Map
from lsmcal.case.types import Section, Year, exactly, number_or
from lsmcal.inputs.domain.bottom_temperature import BOTTOM_RULES

#: Surface over air; measured ones lie between 0.2 and 3.
_factor = number_or("climate", 0.1, 10.0)
_bottom = number_or(BOTTOM_RULES, 200.0, 320.0, "K")


class IndicesForcing(Section):
    """[forcing]: cells of maps of degree days, and weather made by the package that has them."""

    format: Literal["indices"] = Field("indices", description="as [region] source")
    file: str = Field("", description="file of elevation and monthly means")
    thawing: Map = Field(description="map of mean annual thawing degree days, degC d")
    freezing: Map = Field(description="map of mean annual freezing degree days, counted positive, degC d")
    survey: Map | None = Field(None, description="map of surveyed permafrost, on the same pixels")
    permafrost: list[Code] = Field([1], description="class codes of the survey for permafrost", min_length=1)
    absent: list[Code] = Field([2], description="class codes of the survey for ground without permafrost", min_length=1)
    cells: Literal["surveyed", "all"] = Field("surveyed", description="cells with a survey, or all that have indices")
    years: Annotated[list[Year], exactly(2)] = Field([1979, 2010], description="years over which the indices are means")
    n_thawing: Annotated[float | str, BeforeValidator(_factor)] = Field(
        1.0, description='n-factor, map over air thawing degree days; "climate": matches their mean to the climate'
    )
    n_freezing: Annotated[float | str, BeforeValidator(_factor)] = Field(
        1.0, description="n-factor of freezing degree days, likewise"
    )
    tbot: Annotated[float | str, BeforeValidator(_bottom)] = Field(
        "elevation", description="temperature at the bottom, K, or a rule: elevation or nan2002"
    )
