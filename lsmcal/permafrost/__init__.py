"""Permafrost from soil temperature: the class by the two-year rule and the depth of the yearly thaw."""

from lsmcal.permafrost.classes import (
    CLASS_NAMES,
    OUT,
    PERMAFROST,
    SEASONALLY_FROZEN,
    UNDETERMINED,
    UNFROZEN,
    class_of_year,
    classify,
)
from lsmcal.permafrost.layout import SoilNames
from lsmcal.permafrost.thaw import closed_talik, thaw_depth, thaw_depth_of_profiles, thawed_through

__all__ = [
    "CLASS_NAMES",
    "OUT",
    "PERMAFROST",
    "SEASONALLY_FROZEN",
    "UNDETERMINED",
    "UNFROZEN",
    "SoilNames",
    "class_of_year",
    "classify",
    "closed_talik",
    "thaw_depth",
    "thaw_depth_of_profiles",
    "thawed_through",
]
