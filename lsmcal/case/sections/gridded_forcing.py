"""Keys of a region's weather in files: [forcing] of a case with a domain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from lsmcal.case.limits import Factor, FillValue, Megabytes, ModelStep, Span, Value
from lsmcal.case.types import Date, OneOf, Section
from lsmcal.core.errors import Problems
from lsmcal.inputs.gridded.spec import ACCUMULATIONS, LAPSES, GriddedFormat, GriddedSpec
from lsmcal.inputs.station.spec import CALENDARS, STAMPS, SourceColumn

_GRIDDED = GriddedSpec()


class Variable(Section):
    """A variable of the forcing files: its name alone, or a table with unit and scale."""

    column: str = Field(min_length=1, description="name in the files")
    unit: str = Field("", description="unit by name; from the files if empty")
    scale: Factor = Field(1.0, description="factor on the values")


def _named(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class GriddedForcingKeys(Section):
    """[forcing] with format "cmfd", "era5-land" or "netcdf": maps in NetCDF files, packed by cell before the run."""

    format: GriddedFormat = Field(description="layout of the files")
    folder: str = Field(min_length=1, description="folder of the files: in --data, LSMCAL_DATA or beside the case")
    files: list[str] = Field([], description="glob patterns below the folder; those of the layout if empty")
    columns: dict[str, Annotated[Variable, BeforeValidator(_named)]] = Field(
        {}, description="variable of the model to variable of the files, where the layout differs"
    )
    constants: dict[str, Value] = Field({}, description="variable to one constant value, in the model's unit")
    stamp: Annotated[str, OneOf(("", *STAMPS))] = Field(
        "", description="position of the time stamp in its interval; that of the layout if empty"
    )
    stamps: dict[str, Annotated[str, OneOf(STAMPS)]] = Field({}, description="the same for single variables")
    accumulated: Annotated[str, OneOf(("", *ACCUMULATIONS))] = Field(
        "", description="what amounts (J m-2, m, mm) are summed over: the step, or the day since 00 UTC"
    )
    target_step: ModelStep | None = Field(_GRIDDED.target_step, description="seconds of the model's step")
    calendar: Annotated[str, OneOf(CALENDARS)] = Field(_GRIDDED.calendar, description="calendar of the files")
    missing: list[FillValue] = Field(list(_GRIDDED.missing), description="fill values")
    start: Date = Field("", description="first day packed, UTC; the first of the files if empty")
    end: Date = Field("", description="last day packed; the last of the files if empty")
    within: Span | None = Field(
        None, description="largest distance from a cell to its forcing point, degrees; half a cell if not given"
    )
    lapse: Annotated[str, OneOf(LAPSES)] = Field(
        _GRIDDED.lapse, description="how forcing is corrected to the elevation of the cell"
    )
    lapse_rate: float = Field(_GRIDDED.lapse_rate, description="K m-1, for lapse = constant", ge=-0.02, le=0.02)
    elevation_file: str = Field("", description="elevation of the forcing points; looked for in the files if empty")
    elevation: str = Field("", description="its variable")
    cache: str = Field("forcing", description="folder of the packed forcing in the output folder", min_length=1)
    memory: Megabytes = Field(400.0, description="MB of forcing in memory while packing")


class PackedForcingKeys(Section):
    """[forcing] with format "packed": a folder that 'lsmcal forcing pack' has written."""

    format: Literal["packed"] = Field(description="packed by cell")
    folder: str = Field(min_length=1, description="the folder: in --data, LSMCAL_DATA or beside the case")


def gridded_spec(section: GriddedForcingKeys, places: Callable[[str], list[Path]], problems: Problems) -> GriddedSpec:
    """Description of the files for :func:`lsmcal.inputs.gridded.source.open_gridded`.

    Parameters
    ----------
    section : GriddedForcingKeys
    places : callable
        Name in the case to the paths it may mean, in the order they are looked for.
    problems : Problems
        Gets a folder or file that is nowhere.
    """
    columns = {role: SourceColumn(item.column, item.unit, item.scale) for role, item in section.columns.items()}
    folder = found_folder(section.folder, places, problems)
    elevation = None
    if section.elevation_file:
        elevation = _found(section.elevation_file, "elevation_file", places, Path.is_file, problems)
    return GriddedSpec(
        format=section.format,
        folder=folder or Path(),
        files=tuple(section.files),
        columns=columns,
        constants=section.constants,
        stamp=section.stamp,
        stamps=section.stamps,
        accumulated=section.accumulated,
        target_step=section.target_step,
        calendar=section.calendar,
        missing=tuple(section.missing),
        start=section.start,
        end=section.end,
        within=section.within,
        lapse=section.lapse,
        lapse_rate=section.lapse_rate,
        elevation_file=elevation,
        elevation=section.elevation,
    )


def found_folder(name: str, places: Callable[[str], list[Path]], problems: Problems) -> Path | None:
    """The folder ``forcing.folder`` means; None, with every place looked in noted, if there is none."""
    return _found(name, "folder", places, Path.is_dir, problems)


def _found(
    name: str, key: str, places: Callable[[str], list[Path]], wanted: Callable[[Path], bool], problems: Problems
) -> Path | None:
    looked = places(name)
    for place in looked:
        if wanted(place):
            return place
    kind = "folder" if wanted is Path.is_dir else "file"
    expected = f"it at {', '.join(str(place) for place in looked)}"
    problems.add(f"no such {kind}", source="case", variable=f"forcing.{key}", value=name, expected=expected)
    return None
