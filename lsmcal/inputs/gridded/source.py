"""Weather of a region from gridded NetCDF files: CMFD as published, ERA5-Land and other CF files.

The files are read as they lie, map by map. For a run they are brought into the order of cells once, by
:func:`lsmcal.inputs.gridded.pack.pack_forcing`.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict

import numpy as np

from lsmcal.core.digest import digest, digest_of_text
from lsmcal.core.errors import Problems, not_none
from lsmcal.inputs.gridded.files import Catalogue, catalogue, open_dataset, points_of
from lsmcal.inputs.gridded.points import distance_km, nearest_points
from lsmcal.inputs.gridded.protocol import Places, places_of, positions
from lsmcal.inputs.gridded.spec import ACCUMULATIONS, GRIDDED_FORMATS, LAPSES, GriddedSpec
from lsmcal.inputs.gridded.time_axis import CommonAxis, common_axis
from lsmcal.inputs.gridded.values import OpenFiles, box_size, boxes_around, check_role, read_role
from lsmcal.inputs.station.csv import known_roles
from lsmcal.inputs.station.forcing import FORCING_VARIABLES
from lsmcal.inputs.station.lapse import carry
from lsmcal.inputs.station.prepare import SOURCES, any_humidity_as_specific, split_phases
from lsmcal.inputs.station.spec import CALENDARS, FORCING_ROLES, STAMPS, SourceColumn

_GRAVITY = 9.80665
_ELEVATIONS = ("elevation", "orography", "orog", "elev", "altitude", "hgt", "topo", "dem", "z")
_CONSEQUENCES = ("gap in time", "the time axis differs", "the forcing begins", "the forcing ends")
_EXTRA = ("rainfall", "snowfall", "snow_fraction")


def open_gridded(spec: GriddedSpec, cells) -> GriddedForcing:
    """Look through the files of a case and find every cell's forcing point; no weather is read yet.

    Parameters
    ----------
    spec : GriddedSpec
    cells : Domain or Places
        Cells that need weather.

    Returns
    -------
    GriddedForcing

    Raises
    ------
    InputError
        With every problem of the description, the files, their times and their places.
    """
    problems = Problems()
    _check_choices(spec, problems)
    problems.raise_if_any()
    found = catalogue(spec, problems)
    refused = bool(problems)
    constants = known_roles(spec.constants, "forcing", problems)
    found.pieces = needed_variables(found, constants, spec, problems)
    of_times = Problems()
    axis = common_axis(found, spec, of_times)
    if refused:  # what a file that cannot be used leaves open is no news
        of_times.found = [problem for problem in of_times.found if not problem.message.startswith(_CONSEQUENCES)]
    problems.extend(of_times)
    places = places_of(cells)
    index = height = None
    if found.points is not None:
        index = nearest_points(found.points, places, spec.within, problems)
        height = _heights(spec, found, places, index, problems)
    problems.raise_if_any()
    return GriddedForcing(spec, found, not_none(axis), places, not_none(index), height)


class GriddedForcing:
    """Weather in gridded files, a :class:`lsmcal.inputs.gridded.protocol.RegionalForcing`; see :func:`open_gridded`."""

    by_map = True

    def __init__(
        self,
        spec: GriddedSpec,
        found: Catalogue,
        axis: CommonAxis,
        places: Places,
        index: np.ndarray,
        height: np.ndarray | None,
    ):
        self._spec, self._found, self._axis = spec, found, axis
        self._places, self._index, self._height = places, index, height
        self._largest_box = max(box_size(index[members]) for members in boxes_around(index))
        self._files = OpenFiles()
        self._clipped: Counter[str] = Counter()
        self.time, self.step, self.calendar = axis.time, axis.step, axis.calendar
        self.attributes = _attributes(spec, found, axis, places, index)

    def read(self, cells: np.ndarray, first: int, last: int) -> np.ndarray:
        """As :meth:`lsmcal.inputs.gridded.protocol.RegionalForcing.read`; values are checked as those of a site.

        Raises
        ------
        InputError
            Cells without weather, missing and impossible values, damaged files: all there is in these steps.
        """
        column = positions(cells, self._places.cell, str(self._spec.folder))
        problems = Problems()
        if first >= last or not column.size:
            return np.empty((max(last - first, 0), len(FORCING_VARIABLES), column.size), np.float32)
        steps = first * self._axis.count, last * self._axis.count
        values = {role: self._role(role, column, *steps, problems) for role in self._axis.series}
        problems.raise_if_any()
        for role, constant in self._spec.constants.items():
            values[role] = np.full((steps[1] - steps[0], column.size), float(constant))
        return self._average(self._complete(values, column))

    def identity(self) -> dict[str, object]:
        """Names, sizes and times of the files, and the settings; the values themselves are not read."""
        folder = self._spec.folder
        listed = []
        for path in self._found.paths:
            known = path.stat()
            listed.append([str(path.relative_to(folder)), known.st_size, known.st_mtime_ns])
        plain = {name: value for name, value in asdict(self._spec).items() if name not in ("folder", "elevation_file")}
        settings = json.dumps([plain, np.nan_to_num(self._height).tolist() if self._height is not None else None])
        return {
            "kind": "gridded",
            "format": self._spec.format,
            "files": digest(listed),
            "settings": digest_of_text(settings),
        }

    def bytes_per_step(self, cells: int) -> int:
        """Memory that reading one step of so many cells takes, bytes: all variables in double precision and a box."""
        columns = 8 * (len(self._axis.series) + len(self._spec.constants) + 6) * cells
        return self._axis.count * (columns + 8 * self._largest_box) + 64 * cells

    def take_notes(self) -> dict[str, int]:
        """Values clipped since last asked, by "clipped_" and the variable."""
        notes = {f"clipped_{role}": count for role, count in sorted(self._clipped.items()) if count}
        self._clipped.clear()
        return notes

    def close(self) -> None:
        """Close the files; reading opens them again."""
        self._files.close()

    def _role(self, role: str, column: np.ndarray, first: int, last: int, problems: Problems) -> np.ndarray:
        series = self._axis.series[role]
        mapped = self._spec.columns.get(role, SourceColumn(""))
        before = len(problems.found)
        values = read_role(
            role, series, first, last, self._index[column], mapped, self._spec.missing, self._files, problems
        )
        if len(problems.found) == before:
            check_role(
                role, values, series, first, lambda i: self._places.name(int(column[i])), self._clipped, problems
            )
        return values

    def _complete(self, values: dict[str, np.ndarray], column: np.ndarray) -> dict[str, np.ndarray]:
        """The eight variables from whatever the files have, at the elevation of the cells."""
        values["specific_humidity"] = any_humidity_as_specific(values)
        split_phases(values, {})
        if "wind_speed" not in values:
            values["wind_speed"] = np.hypot(values["wind_u"], values["wind_v"])
        if self._height is not None:
            values.update(carry(values, self._height[column], self._spec.lapse_rate))
        return values

    def _average(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """Means over the model's steps; the snow fraction is weighted by precipitation."""
        native, cells = values["air_temperature"].shape
        count = self._axis.count
        grouped = {name: values[name].reshape(-1, count, cells) for name in FORCING_VARIABLES if name in values}
        out = np.empty((native // count, len(FORCING_VARIABLES), cells), np.float32)
        for number, name in enumerate(FORCING_VARIABLES):
            if name not in grouped:
                out[:, number] = -1.0
            elif name == "snow_fraction":
                out[:, number] = _weighted_mean(grouped[name], grouped["precipitation"])
            else:
                out[:, number] = grouped[name][:, 0] if count == 1 else grouped[name].mean(axis=1)
        return out


def _weighted_mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    total = weights.sum(axis=1)
    mean = (values * weights).sum(axis=1) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, mean, values.mean(axis=1))


def _check_choices(spec: GriddedSpec, problems: Problems) -> None:
    choices = {"format": GRIDDED_FORMATS, "calendar": CALENDARS, "lapse": LAPSES}
    given = {name: (getattr(spec, name), known) for name, known in choices.items()}
    given["stamp"] = (spec.stamp, ("", *STAMPS))
    given["accumulated"] = (spec.accumulated, ("", *ACCUMULATIONS))
    given.update({f"stamps.{role}": (stamp, STAMPS) for role, stamp in spec.stamps.items()})
    for name, (value, known) in given.items():
        if value not in known:
            expected = f"one of {', '.join(word for word in known if word)}"
            problems.add("unknown value", source="forcing", variable=name, value=value, expected=expected)
    for name in ("target_step", "within"):
        value = getattr(spec, name)
        if value is not None and not value > 0:
            problems.add("must be positive", source="forcing", variable=name, value=value)


def needed_variables(found: Catalogue, constants: dict, spec: GriddedSpec, problems: Problems) -> dict[str, list]:
    """The variables that are used; a problem for each that nothing supplies."""
    needed: set[str] = set()
    for role, column in known_roles(spec.columns, "forcing", problems).items():
        if role not in found.pieces and found.paths:
            message = f"variable '{column.column}' is in no file"
            expected = f"the variable in one of {len(found.paths)} files"
            problems.add(message, source=spec.folder, variable=role, expected=expected)
    for name, alternatives in SOURCES.items():
        supplied = set(found.pieces) | set(constants)
        chosen = next((roles for roles in alternatives if supplied.issuperset(roles)), None)
        if chosen is not None:
            needed.update(chosen)
        elif not problems.found or found.paths:
            names = spec.layout.names.get(name, ())
            expected = ", or ".join(" and ".join(roles) for roles in alternatives)
            expected += f" (variable {' or '.join(names)})" if names else ""
            problems.add("missing variable", source=spec.folder, variable=name, expected=expected)
    needed.update(_EXTRA)
    used = [role for role in FORCING_ROLES if role in found.pieces and role in needed and role not in constants]
    return {role: found.pieces[role] for role in used}


def _heights(
    spec: GriddedSpec, found: Catalogue, places: Places, index: np.ndarray, problems: Problems
) -> np.ndarray | None:
    """How far each cell lies above its forcing point, m; None if that does not matter."""
    if spec.lapse == "none":
        return None
    if not np.isfinite(places.elevation).all():
        problems.add(
            "needed to correct the forcing to the elevation of the cells",
            source="domain",
            variable="elevation",
            expected="a number for every cell",
        )
        return None
    for path in [spec.elevation_file] if spec.elevation_file else found.paths[:1]:
        data = open_dataset(path, problems)
        if data is not None:
            with data:
                below = _point_elevation(data, path, spec, found, problems)
            if below is not None:
                return places.elevation - below[tuple(index.T)]
    return None


def _point_elevation(data, path, spec: GriddedSpec, found: Catalogue, problems: Problems) -> np.ndarray | None:
    names = [spec.elevation] if spec.elevation else _ELEVATIONS
    name = next((name for name in names if name in data.variables), None)
    unit = str(getattr(data.variables[name], "units", "m")).replace("**", "").replace("^", "") if name else ""
    if unit not in ("m", "metre", "metres", "meters", "m2 s-2"):
        expected = f"a variable {' or '.join(names)} in m or m2 s-2; elevation_file may name another file"
        problems.add(
            "no elevation of the forcing points", source=path, variable="elevation", value=unit, expected=expected
        )
        return None
    variable = data.variables[name]
    points = points_of(data, variable, "", path, problems)
    if points is None or not not_none(found.points).same_as(points):
        problems.add("is on another grid", source=path, variable=name, expected="the points of the forcing")
        return None
    picked = variable[tuple(slice(None) if dim in points.dimensions else 0 for dim in variable.dimensions)]
    kept = [dim for dim in variable.dimensions if dim in points.dimensions]
    scale, offset = float(getattr(variable, "scale_factor", 1.0)), float(getattr(variable, "add_offset", 0.0))
    values = np.asarray(picked, np.float64).transpose([kept.index(dim) for dim in points.dimensions]) * scale + offset
    if not np.isfinite(values).all() or np.abs(values).max() > 1e6:
        problems.add("missing elevation", source=path, variable=name, expected="a number for every point")
        return None
    return values / _GRAVITY if unit == "m2 s-2" else values


def _attributes(
    spec: GriddedSpec, found: Catalogue, axis: CommonAxis, places: Places, index: np.ndarray
) -> dict[str, str]:
    used, points = np.unique(index, axis=0).shape[0], not_none(found.points)
    files = sorted({piece.path.name for series in axis.series.values() for piece in series.pieces})
    notes = {
        "source": f"{spec.format}: {len(files)} files, {files[0]} to {files[-1]}",
        **found.attributes,
        **axis.notes,
        "mapping": (
            f"nearest centre: {used} of {int(np.prod(points.shape))} forcing points serve {len(places)} cells, "
            f"the furthest from {distance_km(points, places, index).max():.2f} km away"
        ),
    }
    for role, series in axis.series.items():
        summed = ", summed since 00 UTC" if series.fresh is not None else ""
        notes[f"read_{role}"] = f"{series.pieces[0].variable} [{series.pieces[0].unit}]{summed}"
    for role, value in spec.constants.items():
        notes[f"assumed_{role}"] = f"constant {value:g}"
    for role, column in spec.columns.items():
        if column.scale != 1.0:
            notes[f"scaled_{role}"] = f"by {column.scale:g}"
    if spec.lapse != "none":
        notes["lapse"] = (
            f"temperature {1000.0 * spec.lapse_rate:g} K km-1, pressure hydrostatic, relative humidity kept, longwave "
            "by clear-sky emission (Brutsaert 1975)"
        )
    return notes
