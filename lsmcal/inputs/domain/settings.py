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

    @property
    def crosswalk(self) -> str: ...

    @property
    def exclude(self) -> Any: ...

    @property
    def within_km(self) -> float | None: ...

    @property
    def everywhere(self) -> Any: ...


class SoilWanted(ClassMapWanted, Protocol):
    """Soil classes: one map, or several downward, each with the depth [m] that it reaches (``to_depth``)."""

    @property
    def maps(self) -> Sequence[Any]: ...


class MaskWanted(MapWanted, Protocol):
    """What takes cells out: the numbers that count, or fractions of cover, and the share from which they do."""

    @property
    def name(self) -> str: ...

    @property
    def values(self) -> list[int]: ...

    @property
    def fractions(self) -> bool: ...

    @property
    def share(self) -> float: ...


class RegionWanted(MapWanted, Protocol):
    """The cells wanted: the numbers that count, and the share from which a cell is kept."""

    @property
    def values(self) -> list[int]: ...

    @property
    def share(self) -> float: ...


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

    @property
    def bounds(self) -> list[float]: ...

    @property
    def resolution(self) -> list[float]: ...

    @property
    def outline(self) -> str: ...

    @property
    def region(self) -> Any: ...

    @property
    def elevation(self) -> Any: ...

    @property
    def vegetation(self) -> Any: ...

    @property
    def soil(self) -> Any: ...

    @property
    def bedrock(self) -> Any: ...

    @property
    def bedrock_class(self) -> Any: ...

    @property
    def masked(self) -> Any: ...

    @property
    def leaf_area(self) -> Any: ...

    @property
    def greenness(self) -> Any: ...

    @property
    def cover(self) -> Any: ...

    @property
    def lai_dense(self) -> float: ...

    @property
    def tbot(self) -> Any: ...

    @property
    def tbot_clip(self) -> list[float]: ...

    @property
    def tbot_offset(self) -> float: ...

    @property
    def tbot_map(self) -> Any: ...

    @property
    def target(self) -> Any: ...

    @property
    def weather(self) -> Any: ...
