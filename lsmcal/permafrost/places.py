"""Where the cells or boreholes of a file lie: their coordinates, kept as they stand and written again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable

_COORDINATES = (
    "longitude",
    "latitude",
    "projection_x_coordinate",
    "projection_y_coordinate",
    "grid_longitude",
    "grid_latitude",
    "cell_area",
)
_DEGREES = ("degrees_east", "degrees_north", "degree_east", "degree_north")
#: Degrees; coordinates may be single precision in one of two files.
_SAME_PLACE = 1e-4
_AREAS = {"m2": 1.0, "m^2": 1.0, "m**2": 1.0, "km2": 1e6, "km^2": 1e6, "km**2": 1e6}


@dataclass(frozen=True)
class Kept:
    """A variable as it stands in a file.

    Parameters
    ----------
    dimensions : tuple of str
    values : array
        As stored.
    attributes : dict
    """

    dimensions: tuple[str, ...]
    values: np.ndarray
    attributes: dict[str, object]


@dataclass(frozen=True)
class SoilPlaces:
    """Dimensions and coordinates of the places.

    Parameters
    ----------
    dimensions : tuple of str
        None for a single column.
    shape : tuple of int
    variables : dict of str to Kept
        Longitude, latitude, area and the like, with their bounds and the map projection.
    grid_mapping : str
        Name of the variable that describes the projection, as the soil temperature names it.
    """

    dimensions: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    variables: dict[str, Kept] = field(default_factory=dict)
    grid_mapping: str = ""

    def coordinate(self, standard_name: str) -> np.ndarray | None:
        """Longitude, latitude or another coordinate by its standard name; None if the file has none."""
        for kept in self.variables.values():
            if kept.attributes.get("standard_name") == standard_name:
                return kept.values
        units = {"longitude": ("degrees_east", "degree_east"), "latitude": ("degrees_north", "degree_north")}
        fits = (k.values for k in self.variables.values() if k.attributes.get("units") in units.get(standard_name, ()))
        return next(fits, None)

    def same_as(self, other: SoilPlaces) -> bool:
        """False if longitude or latitude are known in both and differ."""
        for name in ("longitude", "latitude"):
            one, another = self.coordinate(name), other.coordinate(name)
            if (
                one is not None
                and another is not None
                and (
                    one.shape != another.shape
                    or not np.allclose(one, another, rtol=0.0, atol=_SAME_PLACE, equal_nan=True)
                )
            ):
                return False
        return True

    def area(self) -> np.ndarray | None:
        """Area of each place, in the shape of the places [m2]; None if the file has none in m2 or km2."""
        for name, kept in self.variables.items():
            named = kept.attributes.get("standard_name") == "cell_area" or name == "cell_area"
            factor = _AREAS.get(str(kept.attributes.get("units", "")).replace(" ", ""))
            if named and factor and set(kept.dimensions) == set(self.dimensions):
                order = [kept.dimensions.index(dimension) for dimension in self.dimensions]
                return factor * np.transpose(kept.values, order).astype(np.float64)
        return None


def places_of_file(data: Dataset, variable: Variable, space: tuple[str, ...]) -> SoilPlaces:
    """The places of a variable.

    Parameters
    ----------
    data : Dataset
    variable : Variable
        Soil temperature.
    space : tuple of str
        Its dimensions without time and layers.

    Returns
    -------
    Places
    """
    named = str(getattr(variable, "coordinates", "")).split()
    measure = str(getattr(variable, "cell_measures", "")).split()
    mapping = str(getattr(variable, "grid_mapping", "")).split(":")[0]
    kept = {one.name: one for one in data.variables.values() if _is_kept(one, space, [*named, *measure])}
    for one in list(kept.values()):
        bounds = data.variables.get(str(getattr(one, "bounds", "")))
        if bounds is not None and set(bounds.dimensions[:-1]) <= set(space):
            kept[bounds.name] = bounds
    if mapping in data.variables:
        kept[mapping] = data.variables[mapping]
    shape = tuple(len(data.dimensions[name]) for name in space)
    found = {name: _keep(one) for name, one in kept.items()}
    for copy in found.values():
        if copy.attributes.get("bounds", "") not in found:
            copy.attributes.pop("bounds", None)
    return SoilPlaces(space, shape, found, mapping if mapping in kept else "")


def _is_kept(variable: Variable, space: tuple[str, ...], named: list[str]) -> bool:
    if getattr(variable, "cf_role", ""):
        return variable.dimensions[:1] == space[:1]
    if not set(variable.dimensions) <= set(space):
        return False
    if variable.name in space or (variable.name in named and variable.dimensions):
        return True
    standard_name, units = (str(getattr(variable, name, "")) for name in ("standard_name", "units"))
    return standard_name in _COORDINATES or units in _DEGREES or variable.name == "cell_area"


def _keep(variable: Variable) -> Kept:
    variable.set_auto_maskandscale(False)
    variable.set_auto_chartostring(False)
    attributes = {name: variable.getncattr(name) for name in variable.ncattrs()}
    return Kept(variable.dimensions, np.asarray(variable[...]), attributes)


def write_places(file: Dataset, places: SoilPlaces) -> None:
    """Make the dimensions of the places in a new file and write their coordinates."""
    for name, size in zip(places.dimensions, places.shape, strict=True):
        file.createDimension(name, size)
    for name, kept in places.variables.items():
        for dimension, size in zip(kept.dimensions, np.shape(kept.values), strict=True):
            if dimension not in file.dimensions:
                file.createDimension(dimension, size)
        kind: Any = str if kept.values.dtype == object else kept.values.dtype
        attributes: dict[str, Any] = dict(kept.attributes)
        made = file.createVariable(name, kind, kept.dimensions, fill_value=attributes.pop("_FillValue", None))
        made.setncatts(attributes)
        made.set_auto_maskandscale(False)
        made[...] = kept.values
