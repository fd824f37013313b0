"""Every key of a case file: one class a section, one line a key, with its default, its check and its meaning.

Checks that concern several keys are in :mod:`lsmcal.case.checks.site`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from lsmcal.case.types import (
    ClassKey,
    Count,
    Date,
    Fraction,
    Kelvin,
    Monthly,
    MonthlyArea,
    NotNegative,
    Period,
    Positive,
    Profile,
    Refused,
    Section,
    Soil,
    Year,
    exactly,
    number_or,
    one_of,
)
from lsmcal.inputs.station.spec import (
    CALENDARS,
    DISAGGREGATIONS,
    FORCING_FORMATS,
    OBSERVED_KINDS,
    STAMPS,
    ForcingSpec,
    ObservationSpec,
)
from lsmcal.noah.parameters.options import CHOICES, PRESETS, Choices, preset
from lsmcal.noah.runtime.grid import PAPER_THICKNESS

#: Monthly green fraction of the released demonstration input (PHYSICS 4.4).
DEMONSTRATION_GREENNESS = (0.01, 0.02, 0.07, 0.17, 0.27, 0.58, 0.93, 0.96, 0.65, 0.24, 0.11, 0.02)
ENGINES = ("openbox", "cmaes", "de", "sobol", "random")
OBJECTIVES = ("nse", "kge", "rmse", "skill")
#: Words that stand for several parameters in ``calibrate.parameters``.
GROUPS_OF_NAMES = ("sensitive", "all")

_FORCING, _OBSERVED = ForcingSpec(), ObservationSpec()


def _key(default, meaning: str, **checks):
    """A key with a default; lists and dicts are copied for every case."""
    if isinstance(default, (list, dict)):
        return Field(default_factory=default.copy, description=meaning, **checks)
    return Field(default, description=meaning, **checks)


class About(Section):
    """[case]: what the case is called and where its results go."""

    name: str = _key("", "short name for titles and messages; the folder's name if empty")
    description: str = _key("", "one or more sentences for the report")
    output: str = _key("output", "folder of all results, relative to the case file", min_length=1)


class Surface(Section):
    """What a site and all cells of a region have around the soil."""

    slope_class: int = _key(3, "drainage at the bottom: classes 1 to 9 of the slope table", ge=1, le=9)
    zbot: float = _key(40.0, "depth of the lower boundary's temperature, m, below the last layer", gt=0.0)
    snow_albedo: Annotated[float | str, BeforeValidator(number_or("table", 0.0, 1.0))] = _key(
        0.75, 'largest albedo of deep snow, or "table": that of the vegetation class'
    )
    greenness: Monthly = _key(list(DEMONSTRATION_GREENNESS), "green fraction on the 15th of each month")
    greenness_min: Fraction = _key(0.01, "least green fraction of the year")
    greenness_max: Fraction = _key(0.96, "largest green fraction of the year")
    height_temperature: Positive = _key(2.0, "height of air temperature and humidity, m")
    height_wind: Positive = _key(10.0, "height of the wind, m")


class Site(Surface):
    """[site]: place, ground and plants."""

    latitude: float = Field(ge=-90.0, le=90.0, description="degrees north")
    longitude: float = Field(ge=-180.0, le=360.0, description="degrees east")
    elevation: float | None = _key(
        None, 'm above the sea; needed by tbot = "elevation" and by estimates', ge=-450.0, le=9000.0
    )
    vegetation: ClassKey = Field(description="vegetation class, number or name")
    soil: Soil = Field(
        description='class of all layers, a list of one per layer, or tables {to_depth = 1.0, class = "loam"}'
    )
    column_soil: ClassKey | None = _key(
        None, "class of what holds for the whole column; that of the first layer if not given"
    )
    tbot: Annotated[float | str, BeforeValidator(number_or("elevation", 200.0, 320.0, "K"))] = _key(
        "elevation", 'temperature at zbot, K, or "elevation": the plateau\'s line with height'
    )
    tbot_clip: Annotated[list[float], exactly(2)] = _key(
        [4600.0, 5300.0], "heights beyond which the line with height stays level, m"
    )
    cover: Literal["sparse", "dense"] = _key("sparse", 'which exchange scheme "by-cover" takes')
    albedo: Monthly | None = _key(None, "snow-free albedo of each month; from class and greenness if not given")
    leaf_area: MonthlyArea | None = _key(None, "leaf area index of each month; from class and greenness if not given")


class Grid(Section):
    """[grid]: the layers."""

    thickness: Annotated[list[Positive], Field(min_length=2)] = _key(
        PAPER_THICKNESS.tolist(), "layer thicknesses from the top, m"
    )


class Tables(Section):
    """[model], without the named options."""

    preset: one_of(PRESETS) = _key("ji2026", "ready combination of all named options below")
    soil_table: str = _key("", "packaged soil table or a .TBL file; the preset's if empty")
    vegetation_table: str = _key("usgs", "packaged vegetation table or a .TBL file")
    general_table: str = _key("", "packaged general parameters or a .TBL file; the preset's if empty")
    soil_section: str = _key("STAS", "section of a soil .TBL file")
    vegetation_section: str = _key("USGS", "section of a vegetation .TBL file")
    substeps: Count = _key(1, "model steps within a forcing step")
    forcing_between_steps: Literal["held", "linear"] = _key("held", "forcing within a forcing step")


def _number_option(name: str):
    """A number within the limits that the option has in the model."""

    def check(value: float) -> float:
        try:
            preset("ji2026", **{name: value})
        except ValueError as error:
            raise Refused("is out of range", str(error).partition("expected ")[2]) from None
        return value

    return Annotated[float, AfterValidator(check)]


def _option(name: str):
    kind = one_of(CHOICES[name]) if name in CHOICES else _number_option(name)
    return (kind | None, _key(None, "named option; the preset's if not given"))


Model = create_model("Model", __base__=Tables, **{item.name: _option(item.name) for item in fields(Choices)})
Model.__doc__ = "[model]: the preset, single options that differ from it, and the tables."


class Column(Section):
    """A column of a forcing file: its name alone, or a table with unit and scale."""

    column: str = Field(min_length=1, description="name in the file")
    unit: str = _key("", "unit by name; from the file if empty")
    scale: float = _key(1.0, "factor on the values")


def _named(value):
    return {"column": value} if isinstance(value, str) else value


class Forcing(Section):
    """[forcing]: the weather."""

    format: one_of(FORCING_FORMATS) = _key(_FORCING.format, "kind of file")
    file: str = _key("", "the file, looked for in --data, LSMCAL_DATA and beside the case")
    columns: dict[str, Annotated[Column, BeforeValidator(_named)]] = _key({}, "variable to column of the file")
    constants: dict[str, float] = _key({}, "variable to one assumed value, in the model's unit")
    time_column: str = _key("", "name of the time column; the first if empty")
    time_format: str = _key("", "strptime format of the times; ISO 8601 if empty")
    time_zone_hours: float = _key(0.0, "clock of the file minus UTC, hours", ge=-14.0, le=14.0)
    stamp: one_of(STAMPS) = _key(_FORCING.stamp, "where in its interval a time stamp stands")
    step: Positive | None = _key(None, "seconds between records; from the file if not given")
    target_step: Positive | None = _key(None, "seconds of the model's step; that of the file if not given")
    disaggregate: one_of(DISAGGREGATIONS) = _key(_FORCING.disaggregate, "how daily means are spread over the day")
    precipitation_hours: float = _key(24.0, "hours of the day that get a day's precipitation", gt=0.0, le=24.0)
    estimate_longwave: str = _key("", "formula for missing longwave radiation")
    estimate_air_pressure: str = _key("", "formula for missing air pressure")
    calendar: one_of(CALENDARS) = _key(_FORCING.calendar, "days of the year in the file")
    missing: list[float] = _key(list(_FORCING.missing), "numbers that mean: no value")
    cell: int | None = _key(None, "cell number in a NetCDF file or of the generator", ge=0)
    seed: int = _key(0, "seed of the generator", ge=0)
    years: Annotated[list[Year], exactly(2)] = _key(list(_FORCING.years), "first and last year of the generator")
    climate: dict[str, float] = _key({}, "generator: what differs from its plateau climate")


class Initial(Section):
    """[initial]: the start of the column, before the spin-up."""

    source: Literal["linear", "profile", "noah-text", "file"] = Field(
        "linear", alias="from", description="where the profile comes from"
    )
    file: str = _key("", "Noah text file or run file; for noah-text the forcing file if empty")
    surface_mean: Kelvin | None = _key(None, "linear: mean surface temperature, K; from a trial year if not given")
    temperature: Profile | None = _key(None, "profile: K, one value per layer or tables {to_depth, value}")
    water: Profile | None = _key(None, "profile: total water, m3 m-3; saturation times porosity if not given")
    liquid: Profile | None = _key(None, "profile: liquid water, m3 m-3; on the freezing curve if not given")
    saturation: float = _key(0.5, "total water over porosity where water is not given", gt=0.0, le=1.0)
    skin_temperature: Kelvin | None = _key(None, "K; the first air temperature if not given")
    canopy_water: NotNegative = _key(0.0, "water on the canopy, m")
    snow_water: NotNegative = _key(0.0, "snow water equivalent, m")
    snow_depth: NotNegative = _key(0.0, "snow depth, m")


class SpinUp(Section):
    """[spinup]: years that are repeated before the run until the column is in equilibrium."""

    years: Annotated[list[Year], exactly(2)] | None = _key(None, "first and last year to repeat")
    start: Date = _key("", "first day to repeat, instead of years; the first year of the run if both are empty")
    end: Date = _key("", "last day to repeat")
    method: Literal["converged", "accelerated", "fixed", "none"] = _key(
        "converged", "until nothing changes, the same with steps towards it, a number of cycles, or not at all"
    )
    cycles: Count = _key(100, "fixed: number of cycles")
    min_cycles: Count = _key(3, "converged and accelerated: at least so many cycles")
    max_cycles: Count = _key(100, "converged and accelerated: at most so many cycles")
    tolerance_temperature: Positive = _key(0.01, "largest change of a layer's mean from cycle to cycle, K")
    tolerance_water: Positive = _key(1.0, "summed change of total water over a cycle, mm")
    tolerance_ice: Positive = _key(1.0, "summed change of ice over a cycle, mm")


class Run(Section):
    """[run]: the period and its output."""

    start: Date = _key("", "first day, on the clock of the forcing; the first of the forcing if empty")
    end: Date = _key("", "last day; the last of the forcing if empty")
    output: Literal["daily", "step", "none"] = _key("daily", "records of the series in run.nc")
    threads: Count = _key(1, "threads over blocks of columns")


class Observed(Section):
    """A column of an observation file."""

    column: str = Field(min_length=1, description="name in the file")
    kind: one_of(OBSERVED_KINDS) = _key("soil_temperature", "what was observed")
    depth: NotNegative = _key(0.0, "m below the surface; 0 is the skin")
    unit: str = _key("", "unit by name; from the header if empty")


class Observations(Section):
    """[observations]: a table of measurements, or a twin: a run with hidden parameters plus noise."""

    format: Literal["csv", "twin"] = _key("csv", "a file, or observations made by the package")
    file: str = _key("", "the table, looked for as the forcing file")
    columns: list[Observed] = _key([], "what each column is; from headers like soil_temperature@0.40 [degC] if empty")
    time_column: str = _key("", "name of the time column; the first if empty")
    time_format: str = _key("", "strptime format of the times; ISO 8601 if empty")
    time_zone_hours: float | None = _key(
        None, "clock of the file minus UTC, hours; as the forcing if not given", ge=-14.0, le=14.0
    )
    stamp: one_of(STAMPS) = _key(_OBSERVED.stamp, "where in its interval a time stamp stands")
    step: NotNegative | None = _key(None, "seconds a value stands for, 0: instants; from the file if not given")
    missing: list[float] = _key(list(_OBSERVED.missing), "numbers that mean: no value")
    start: Date = _key("", "first day kept")
    end: Date = _key("", "last day kept")
    hidden: dict[str, float] = _key({}, "twin: parameter set of the run that is observed")
    depths: list[Positive] = _key([], "twin: depths of the sensors, m")
    noise: NotNegative = _key(0.1, "twin: standard deviation of the noise on daily temperature, K")
    seed: int = _key(1, "twin: seed of the noise", ge=0)


class Calibrate(Section):
    """[calibrate]: what is searched, how, and for what."""

    parameters: Annotated[list[str], Field(min_length=1)] = _key(
        ["sensitive"], 'names, with or without class; "sensitive" or "all"'
    )
    ranges: dict[str, list[float]] = _key({}, "parameter to [low, high], instead of the table's range")
    threshold: Fraction = _key(0.056, "share of layers from which a class counts as predominant")
    engine: one_of(ENGINES) = _key("openbox", "search method")
    engine_options: dict[str, Any] = _key({}, "further options of the engine")
    evaluations: Count = _key(200, "model runs to spend; may grow later")
    batch: Count = _key(8, "parameter sets proposed at once")
    seed: int = _key(1, "seed of the search", ge=0)
    patience: int = _key(0, "stop after so many evaluations without a better one; 0: never", ge=0)
    objective: one_of(OBJECTIVES) = _key("nse", "mean over depths that is optimised")
    kind: one_of(OBSERVED_KINDS) = _key("soil_temperature", "observed quantity of the objective")
    depths: list[NotNegative] | None = _key(None, "observed depths that count, m; all below the skin if not given")
    calibration: list[Period] = _key([], "[first, last] days that are fitted; all observed days if empty")
    validation: list[Period] = _key([], "[first, last] days that only judge the result")
    members: Count = _key(13, "size of the ensemble")


class Report(Section):
    """[report]: the page."""

    title: str = _key("", "title of the page; the case's name if empty")


#: Sections and their keys. [parameters] is a parameter set and has no fixed keys.
SECTIONS: dict[str, type[Section]] = {
    "case": About,
    "site": Site,
    "grid": Grid,
    "model": Model,
    "forcing": Forcing,
    "initial": Initial,
    "spinup": SpinUp,
    "run": Run,
    "observations": Observations,
    "calibrate": Calibrate,
    "report": Report,
}


def names_of(section: type[Section]) -> list[str]:
    """Keys of a section as they stand in the file."""
    return [item.alias or name for name, item in section.model_fields.items()]
