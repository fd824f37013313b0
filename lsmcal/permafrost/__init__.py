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
from lsmcal.permafrost.places import SoilPlaces
from lsmcal.permafrost.read import permafrost_of_file
from lsmcal.permafrost.result import Permafrost
from lsmcal.permafrost.series import permafrost_of_profiles
from lsmcal.permafrost.thaw import closed_talik, thaw_depth, thaw_depth_of_profiles, thawed_through
from lsmcal.permafrost.write import write_permafrost

__all__ = [
    "CLASS_NAMES",
    "OUT",
    "PERMAFROST",
    "SEASONALLY_FROZEN",
    "UNDETERMINED",
    "UNFROZEN",
    "Permafrost",
    "SoilPlaces",
    "SoilNames",
    "class_of_year",
    "classify",
    "closed_talik",
    "permafrost_of_file",
    "permafrost_of_profiles",
    "thaw_depth",
    "thaw_depth_of_profiles",
    "thawed_through",
    "write_permafrost",
]
