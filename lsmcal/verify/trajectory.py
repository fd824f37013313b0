"""Stored trajectories of a column: what they hold, in our own terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lsmcal.noah.integrate import Drivers
from lsmcal.noah.parameters.options import Choices, preset
from lsmcal.noah.parameters.parameters import Surroundings, column_parameters
from lsmcal.noah.parameters.tables import ClassTable, Tables, load_tables
from lsmcal.verify.layout import faults, read_variables

#: Our state variable for each stored one.
STATE = {
    "STC": "temperature",
    "SMC": "water",
    "SH2O": "liquid",
    "T1": "skin_temperature",
    "CMC": "canopy_water",
    "SNEQV": "snow_water",
    "SNOWH": "snow_depth",
    "CH": "exchange_heat",
    "CM": "exchange_momentum",
    "ALBEDO": "albedo",
    "EMISSI": "emissivity",
    "Z0": "roughness",
    "Z0BRD": "roughness_background",
    "SNOTIME1": "snow_age",
    "RIBB": "richardson",
    "Q1": "surface_humidity",
}
#: The file's parameter for each table column.
_SOIL_NAMES = {
    "BB": "BEXP",
    "DRYSMC": "SMCDRY",
    "F11": "F1",
    "MAXSMC": "SMCMAX",
    "REFSMC": "SMCREF",
    "SATPSI": "PSISAT",
    "SATDK": "DKSAT",
    "SATDW": "DWSAT",
    "WLTSMC": "SMCWLT",
    "QTZ": "QUARTZ",
}
_PLANT_NAMES = {
    "NROOT": "NROOT",
    "RS": "RSMIN",
    "RGL": "RGL",
    "HS": "HS",
    "SNUP": "SNUP",
    "LAIMIN": "LAIMIN",
    "LAIMAX": "LAIMAX",
    "EMISSMIN": "EMISSMIN",
    "EMISSMAX": "EMISSMAX",
    "ALBEDOMIN": "ALBEDOMIN",
    "ALBEDOMAX": "ALBEDOMAX",
    "Z0MIN": "Z0MIN",
    "Z0MAX": "Z0MAX",
}
_GENERAL_NAMES = ("SBETA", "FXEXP", "CSOIL", "SALP", "CZIL", "LVCOEF", "TOPT", "CMCMAX", "CFACTR", "RSMAX")
LAYERED = ("STC", "SMC", "SH2O")
_FORCING = ("SFCTMP", "Q2", "SFCPRS", "SOLDN", "LONGWAVE", "PRCP", "SFCSPD")
_SCHEMES = {0: "chen97", 1: "mellor-yamada-janjic", 2: "yang2008"}
#: Fluxes compared after one step: our field and the factor to the stored unit (sign of the reference).
FLUXES = {
    "ETA": ("latent_heat", 1.0),
    "SHEAT": ("sensible_heat", 1.0),
    "SSOIL": ("ground_heat", -1.0),
    "FLX1": ("precipitation_heat", 1.0),
    "FLX2": ("freezing_rain_heat", 1.0),
    "FLX3": ("melt_heat", 1.0),
}


@dataclass(frozen=True)
class Trajectory:
    """What a stored trajectory holds.

    Parameters
    ----------
    data : mapping of str to array
    attributes : mapping
    name : str
        File name, which tells the physics: ``std_``, ``mod_``, ``_fixed``.
    """

    data: Mapping[str, np.ndarray]
    attributes: Mapping[str, Any]
    name: str

    @property
    def choices(self) -> Choices:
        """Named choices of the model that made it."""
        changes = {"exchange": _SCHEMES[int(self.attributes["sfcdif_option"])]}
        if int(self.attributes["iz0tlnd"]):
            changes["zilitinkevich"] = "roughness"
        if not self._modified:
            return preset("original", **changes)
        if Path(self.name).stem.endswith("_fixed"):
            changes["layer_parameters"] = "consistent"
        return preset("noahtibet", **changes)

    def parameters(self) -> dict[str, np.ndarray]:
        """Parameter fields of its column."""
        around = Surroundings(
            tbot=float(self.attributes["tbot"]),
            zbot=-float(self.attributes["zbot"]),
            height_temperature=float(self.attributes["zlvl"]),
            height_wind=float(self.attributes["zlvl_wind"]),
            snow_albedo=float(self.attributes["snoalb"]),
            greenness_min=float(self.attributes["shdmin"]),
            greenness_max=float(self.attributes["shdmax"]),
            slope_class=int(self.attributes["slopetyp"]),
        )
        layers = self.data["SLDPTH"].size
        fields = column_parameters(
            self.tables(),
            self.data["SLDPTH"],
            np.arange(1, layers + 1)[None],
            [1],
            around,
            self.choices,
            column_soil=[layers + 1],
        )
        derived = {"kdt": "param_KDT", "frzx": "param_FRZX", "slope": "param_SLOPE"}
        return fields | {ours: np.asarray(self.data[name]) for ours, name in derived.items()}

    def tables(self) -> Tables:
        """The file's own parameters as tables: soil class k is layer k, the last is the column's; one plant class."""
        packaged = load_tables("noahtibet" if self._modified else "wrf", general="noahtibet")
        column = {ours: self.data[f"param_{name}"] for ours, name in _SOIL_NAMES.items()}
        layers = self.data["SLDPTH"].size
        soil = {}
        for name, value in column.items():
            profile = self.data[f"layer_{name}"] if self._modified else np.full(layers, float(value))
            soil[name] = np.append(profile, float(value))
        names = [packaged.soil.classes[number - 1] for number in self.data["STYPE"].astype(int)]
        vegetation = {name: np.zeros(1) for name in packaged.vegetation.columns}
        vegetation |= {ours: np.array([float(self.data[f"param_{name}"])]) for ours, name in _PLANT_NAMES.items()}
        general = packaged.general | {name: float(self.data[f"param_{name}"]) for name in _GENERAL_NAMES}
        bare = int(self.attributes["vegtyp"]) == packaged.bare
        return Tables(
            ClassTable(self.name, (*names, "column"), soil),
            ClassTable(self.name, ("column",), vegetation),
            general,
            bare=1 if bare else 0,
            urban=0,
        )

    @property
    def _modified(self) -> bool:
        return self.name.startswith("mod_")

    def drivers(self) -> Drivers:
        """Forcing and surface series of every step."""
        steps = self.data["forc_SFCTMP"].size
        forcing = [self.data[f"forc_{name}"] for name in _FORCING] + [np.full(steps, -1.0)]
        nothing = np.full(steps, -1.0)
        albedo = self.data["surf_ALB"] if int(self.attributes["usemonalb"]) else nothing
        leaf_area = self.data["surf_XLAI"] if int(self.attributes["rdlai2d"]) else nothing
        surface = np.stack([self.data["surf_SHDFAC"], albedo, leaf_area], axis=1)
        return Drivers(
            np.stack(forcing, axis=1)[None, :, :, None],
            surface[None, :, :, None],
            np.arange(steps),
            float(self.attributes["dt"]),
        )


def _layout(modified: bool) -> dict[str, tuple[str, ...]]:
    """Dimensions of every variable that a trajectory needs."""
    layout: dict[str, tuple[str, ...]] = {}
    layout |= {f"forc_{name}": ("time",) for name in _FORCING} | {
        "surf_SHDFAC": ("time",),
        "step_index": ("step",),
    }
    layout |= {name: ("layer",) for name in ("SLDPTH", "STYPE")}
    for name in STATE:
        profile: tuple[str, ...] = ("layer",) if name in LAYERED else ()
        layout |= {f"init_{name}": profile, f"step_{name}": ("step", *profile)}
    layout |= {f"step_{name}": ("step",) for name in FLUXES}
    names = (*_SOIL_NAMES.values(), *_PLANT_NAMES.values(), *_GENERAL_NAMES, "KDT", "FRZX", "SLOPE")
    layout |= {f"param_{name}": () for name in names}
    layout |= {f"daymean_{name}": ("day",) for name in ("ETA", "RUNOFF1", "RUNOFF2")}
    layout |= {name: ("day", "layer") for name in ("daymean_STC", "daylast_SMC", "daylast_SH2O")}
    return layout | ({f"layer_{name}": ("layer",) for name in _SOIL_NAMES} if modified else {})


def read_trajectory(path: Path) -> Trajectory:
    """Read a stored trajectory; ValueError or OSError when the file is not one."""
    data, attributes = read_variables(path)
    trajectory = Trajectory(data, attributes, path.name)
    layout = _layout(path.name.startswith("mod_"))
    given = {"usemonalb": "surf_ALB", "rdlai2d": "surf_XLAI"}
    layout |= {name: ("time",) for flag, name in given.items() if int(attributes.get(flag, 0))}
    found = faults(path.name, data, attributes, layout)
    if found:
        raise ValueError("; ".join(found))
    return trajectory
