"""What the building of a domain wants to be told; the section [domain] of a case tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from lsmcal.inputs.domain.rasters import Wanted


class MapWanted(Wanted, Protocol):
    """A map: its file and what of it is meant."""

    @property
    def file(self) -> str: ...


class ClassMapWanted(MapWanted, Protocol):
    """A map of classes.

    Attributes
    ----------
    crosswalk : str
        Packaged legend or a file; empty: the model's own classes.
    exclude : list of int or str, optional
        Classes whose cells are taken out.
    within_km : float, optional
        Farthest pixel that may serve a cell without one [km].
    everywhere
        One class, or for soil a profile, instead of a map; None if there is a map.
    """

    crosswalk: str
    exclude: Any
    within_km: float | None
    everywhere: Any


class SoilWanted(ClassMapWanted, Protocol):
    """Soil classes: one map, or several downward, each with the depth [m] that it reaches (``to_depth``)."""

    maps: Sequence[Any]


class MaskWanted(MapWanted, Protocol):
    """What takes cells out: the numbers that count, or fractions of cover, and the share from which they do."""

    name: str
    values: list[int]
    fractions: bool
    share: float


class RegionWanted(MapWanted, Protocol):
    """The cells wanted: the numbers that count, and the share from which a cell is kept."""

    values: list[int]
    share: float


class TargetMapWanted(MapWanted, Protocol):
    """A permafrost map: its numbers for either kind of ground, and the share of a cell that must be known."""

    @property
    def permafrost(self) -> Sequence[int]: ...

    @property
    def absent(self) -> Sequence[int]: ...

    @property
    def least_share(self) -> float: ...


class DomainSettings(Protocol):
    """How the cells of a region are made.

    Attributes
    ----------
    bounds : list of float
        West, east, south and north edge [degrees].
    resolution : list of float
        Width and height of a cell [degrees].
    outline : str
        GeoJSON file; empty for none.
    tbot : float or str
        Bottom temperature [K], or how it is had: "elevation", "nan2002", "map".
    tbot_clip : list of float
        Heights beyond which the line of "elevation" stays level [m].
    tbot_offset : float
        Kelvin of 0 degC in that line.
    cover : str
        "leaf-area", "sparse", "dense" or empty.
    lai_dense : float
        Leaf area above which vegetation is dense [1].
    bedrock_class : int or str
        Class of the layers below the depth of the map ``bedrock``.
    """

    bounds: list[float]
    resolution: list[float]
    outline: str
    region: Any
    elevation: Any
    vegetation: Any
    soil: Any
    bedrock: Any
    bedrock_class: Any
    masked: Any
    leaf_area: Any
    greenness: Any
    cover: Any
    lai_dense: float
    tbot: Any
    tbot_clip: list[float]
    tbot_offset: float
    tbot_map: Any
    target: Any
    weather: Any
