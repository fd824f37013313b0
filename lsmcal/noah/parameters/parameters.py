"""From tables, classes and choices to the parameter fields of the columns: everything that does not change in time.

Logarithms, table look-ups and the variants of a formula that an option selects are settled here once, so that the time
loop neither looks up nor branches on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lsmcal.noah.parameters.options import Choices
from lsmcal.noah.parameters.passive import frozen_infiltration_depth, reference_infiltration
from lsmcal.noah.parameters.tables import Tables
from lsmcal.noah.physics.constants import FREEZING_B_MAX, GRAVITY, L_FUSION
from lsmcal.noah.physics.exchange import CHEN97, MELLOR_YAMADA_JANJIC, YANG2008
from lsmcal.noah.runtime.grid import bottom_depths, layer_geometry

#: Classes of the modified model that have their own conductivity rows (numbers of its soil order).
GRAVEL, BEDROCK = "gravel", "bedrock"
_URBAN_SOIL = {"MAXSMC": 0.45, "REFSMC": 0.42, "WLTSMC": 0.40, "DRYSMC": 0.40}
_URBAN_GREENNESS, _URBAN_RS, URBAN_CSOIL, URBAN_CONDUCTIVITY = 0.05, 400.0, 3e6, 3.24
_SLOPE_OF_IMPEDANCE = 1.25
_LN10 = np.log(10.0)
#: Liquid saturation that asks for a second pass, by the porosities of the STAS classes; others 0.90.
_LIMIT_BY_POROSITY = {
    0.395: 0.59,
    0.434: 0.85,
    0.404: 0.85,
    0.465: 0.86,
    0.406: 0.86,
    0.476: 0.74,
    0.439: 0.74,
    0.200: 0.80,
    0.464: 0.80,
}
_LIMIT_BY_CLASS = {
    "loam": 0.74,
    "silt loam": 0.74,
    "silt": 0.74,
    "silty clay loam": 0.80,
    "bedrock": 0.80,
    "sandy loam": 0.85,
    "sandy clay loam": 0.85,
    "clay loam": 0.86,
    "sandy clay": 0.86,
}


@dataclass(frozen=True)
class Surroundings:
    """What a column has besides classes and tables; arrays broadcast to (columns,).

    Parameters
    ----------
    tbot : array or float
        Temperature at the lower boundary [K].
    zbot : array or float
        Its depth [m, positive downward].
    dense : array or bool
        Dense vegetation, for ``exchange = by-cover``.
    height_temperature, height_wind : array or float
        Heights of the forcing [m].
    snow_albedo : array or float
        Greatest albedo of deep snow.
    greenness_min, greenness_max : array or float
        Yearly range of the green fraction.
    slope_class : array or int
        Slope class, from 1.
    """

    tbot: object
    zbot: object = 40.0
    dense: object = False
    height_temperature: object = 2.0
    height_wind: object = 10.0
    snow_albedo: object = 0.75
    greenness_min: object = 0.01
    greenness_max: object = 0.96
    slope_class: object = 3


def dry_conductivity(porosity, kind) -> np.ndarray:
    """Thermal conductivity of dry ground [W m-1 K-1].

    Johansen 1975 for natural soil, ``(0.135 g + 64.7)/(2700 - 0.947 g)`` with the bulk density g; Cote and Konrad 2005
    for gravel, ``1.70 * 10**(-1.80 porosity)``; Johansen's crushed rock for bedrock, ``0.039 porosity**-2.2``.

    Parameters
    ----------
    porosity : array
    kind : array of int
        0 soil, 1 gravel, 2 bedrock.
    """
    bulk = (1.0 - porosity) * 2700.0
    soil = (0.135 * bulk + 64.7) / (2700.0 - 0.947 * bulk)
    gravel = 1.70 * 10.0 ** (-1.80 * porosity)
    rock = 0.039 * np.maximum(porosity, 1e-6) ** (-2.2)
    return np.select([kind == 1, kind == 2], [gravel, rock], soil)


def thermal_fields(porosity, quartz, kind, guard: bool) -> dict[str, np.ndarray]:
    """Fields of the conductivity formula from porosity, quartz fraction and kind of ground (see dry_conductivity)."""
    log_solid = (1.0 - porosity) * (quartz * np.log(7.7) + (1.0 - quartz) * np.log(2.0))
    dry = dry_conductivity(porosity, kind)
    if guard:
        dry = np.minimum(dry, np.exp(log_solid + porosity * np.log(0.57)))
    return {
        "log_solid_conductivity": log_solid,
        "dry_conductivity": dry,
        "kersten_thawed": np.where(kind == 1, 4.60, 0.0),
        "kersten_frozen": np.where(kind == 1, 1.70, 1.0),
        "fixed_conductivity": np.full(np.shape(porosity), -1.0),
    }


def ice_decay(satdk, satdw, porosity, impedance: str) -> dict[str, np.ndarray]:
    """Decay of the logarithms of conductivity and diffusivity with ice content, by impedance scheme.

    ``wu2018``: ``E = 1.25 (X - 3)**2 + 6`` with X in SI units, as the reference has it (E about 17.25); ``zhang2007``:
    X in cm h-1, at most 6; ``clm5``: ``6 / porosity`` decades. Zhang, Sun and Xue 2007; Swenson et al. 2012.
    """

    def exponent(x):
        return _LN10 * (_SLOPE_OF_IMPEDANCE * (x - 3.0) ** 2 + 6.0)

    if impedance == "wu2018":
        return {"ice_decay_conductivity": exponent(satdk), "ice_decay_diffusivity": exponent(satdw)}
    if impedance == "zhang2007":
        both = exponent(np.minimum(satdk * 3.6e5, 6.0))
    elif impedance == "clm5":
        both = _LN10 * 6.0 / porosity
    else:
        both = np.zeros(np.shape(porosity))
    return {"ice_decay_conductivity": both, "ice_decay_diffusivity": both}


def log_freezing(psisat, porosity, exponent) -> np.ndarray:
    """``ln(g SATPSI / Lf) + b ln(MAXSMC)``, the part of the freezing curve that no state enters."""
    with np.errstate(divide="ignore"):
        return np.log(GRAVITY * psisat / L_FUSION) + exponent * np.log(porosity)


def freezing_fields(bb, psisat, porosity, leak: bool) -> dict[str, np.ndarray]:
    """Freezing-curve fields, (columns, nz); with the leak the first layer has the exponent of the deepest one."""
    exponent = np.minimum(bb, FREEZING_B_MAX)
    if leak:
        exponent = exponent.copy()
        exponent[:, 0] = exponent[:, -1]
    return {"freezing_b": exponent, "log_freezing": log_freezing(psisat, porosity, exponent)}


def deficit_fields(thickness, porosity, wilting, choices: Choices) -> dict[str, np.ndarray]:
    """Water content at which the storage deficit of infiltration vanishes, and the share of each layer that counts."""
    depth = choices.infiltration_depth
    bottom = bottom_depths(thickness)
    share = np.clip((depth - (bottom - thickness)) / thickness, 0.0, 1.0) if depth > 0.0 else np.ones_like(bottom)
    if choices.deficit_parameters == "layer":
        first = second = porosity
    else:
        # the porosity and wilting point of the first layer serve every layer; a published leak takes the wilting
        # point of the deepest layer in the second pass
        first = (porosity[:, :1] - wilting[:, :1]) + wilting
        second = first
        if choices.layer_parameters == "released":
            second = (porosity[:, :1] - wilting[:, -1:]) + wilting
            second[:, 0] = porosity[:, 0]
    return {"deficit_capacity": first, "deficit_capacity_corrector": second, "deficit_weight": share}


def root_fields(thickness, layers, wilting, reference) -> dict[str, np.ndarray]:
    """Share of the root zone in each layer, and the water contents between which roots take water."""
    index = np.arange(thickness.shape[1])
    rooted = index < layers[:, None]
    depth = np.where(rooted, thickness, 0.0).sum(axis=1, keepdims=True)
    return {
        "root_fraction": np.where(rooted, thickness / depth, 0.0),
        "root_wilting": np.broadcast_to(wilting, thickness.shape),
        "root_reference": np.broadcast_to(reference, thickness.shape),
    }


def saturation_limit(porosity, class_names, by_class: bool) -> np.ndarray:
    """Liquid saturation above which the water step takes two passes, (columns,), for first layers."""
    if by_class:
        return np.array([_LIMIT_BY_CLASS.get(name.lower(), 0.90) for name in class_names])
    return np.array([_LIMIT_BY_POROSITY.get(float(value), 0.90) for value in porosity])


def ground_kinds(tables: Tables, soil: np.ndarray, conductivity: str) -> np.ndarray:
    """Kind of ground of each layer: 0 soil, 1 gravel, 2 bedrock, after the class's name."""
    if conductivity == "peters-lidard":
        return np.zeros(soil.shape, int)
    names = [name.lower() for name in tables.soil.classes]
    kinds = np.array([1 if GRAVEL in name else 2 if BEDROCK in name else 0 for name in names])
    return kinds[soil - 1]


def exchange_scheme(exchange: str, dense) -> np.ndarray:
    """Number of the exchange scheme of each column."""
    fixed = {"chen97": CHEN97, "mellor-yamada-janjic": MELLOR_YAMADA_JANJIC, "yang2008": YANG2008}
    by_cover = np.where(np.asarray(dense, bool), MELLOR_YAMADA_JANJIC, YANG2008)
    return by_cover if exchange == "by-cover" else np.full(by_cover.shape, fixed[exchange])


@dataclass(frozen=True)
class _Ground:
    """Soil classes of columns: of each layer (columns, nz), of the column as a whole, and where a town stands."""

    tables: Tables
    soil: np.ndarray
    own: np.ndarray
    urban: np.ndarray

    def layered(self, name: str) -> np.ndarray:
        """A column of the soil table for every layer, (columns, nz)."""
        values = self.tables.soil[name][self.soil - 1]
        return np.where(self.urban[:, None], _URBAN_SOIL[name], values) if name in _URBAN_SOIL else values

    def of_column(self, name: str) -> np.ndarray:
        """A column of the soil table for the column as a whole, (columns,)."""
        values = self.tables.soil[name][self.own - 1]
        return np.where(self.urban, _URBAN_SOIL[name], values) if name in _URBAN_SOIL else values


def _soil_fields(ground: _Ground, thickness, roots: np.ndarray, choices: Choices) -> dict[str, np.ndarray]:
    """Fields of the layers: water, heat, freezing and roots."""
    tables, soil, urban = ground.tables, ground.soil, ground.urban
    porosity, wilting, reference = (ground.layered(name) for name in ("MAXSMC", "WLTSMC", "REFSMC"))
    bb, satdk, satdw = (ground.layered(name) for name in ("BB", "SATDK", "SATDW"))
    capacity = np.where(urban, URBAN_CSOIL, tables.general["CSOIL"])[:, None]
    kinds = ground_kinds(tables, soil, choices.thermal_conductivity)
    guard = choices.dry_conductivity_guard == "below-saturated"
    fields = {"porosity": porosity, "bb": bb, "satdk": satdk, "satdw": satdw}
    fields |= thermal_fields(porosity, ground.layered("QTZ"), kinds, guard)
    fields["fixed_conductivity"] = np.where(urban[:, None], URBAN_CONDUCTIVITY, fields["fixed_conductivity"])
    fields["solid_heat"] = (1.0 - porosity) * capacity
    fields |= ice_decay(satdk, satdw, porosity, choices.ice_impedance)
    fields |= freezing_fields(bb, ground.layered("SATPSI"), porosity, choices.layer_parameters == "released")
    fields |= deficit_fields(thickness, porosity, wilting, choices)
    if choices.root_parameters == "layer":
        fields |= root_fields(thickness, roots, wilting, reference)
    else:
        own = (ground.of_column(name)[:, None] for name in ("WLTSMC", "REFSMC"))
        fields |= root_fields(thickness, roots, *own)
    names = [tables.soil.classes[number - 1] for number in soil[:, 0]]
    fields["saturation_limit"] = saturation_limit(porosity[:, 0], names, choices.saturation_limits == "class")
    return fields


def _vegetation_fields(tables: Tables, vegetation: np.ndarray, urban: np.ndarray) -> dict[str, np.ndarray]:
    rows = vegetation - 1
    table = tables.vegetation
    fields: dict[str, np.ndarray] = {}
    for name, column in (("lai", "LAI"), ("emissivity", "EMISS"), ("albedo", "ALBEDO"), ("z0", "Z0")):
        fields |= {f"{name}_min": table[f"{column}MIN"][rows], f"{name}_max": table[f"{column}MAX"][rows]}
    fields |= {"rs": np.where(urban, _URBAN_RS, table["RS"][rows]), "rgl": table["RGL"][rows], "hs": table["HS"][rows]}
    fields["snup"] = table["SNUP"][rows]
    fixed = np.where(vegetation == tables.bare, 0.0, -1.0)
    fields["greenness_fixed"] = np.where(urban, _URBAN_GREENNESS, fixed)
    return fields


def _general_fields(ground: _Ground, choices: Choices) -> dict[str, np.ndarray]:
    """Fields of the column's own class and of the general table."""
    general = ground.tables.general
    porosity, reference = ground.of_column("MAXSMC"), ground.of_column("REFSMC")
    names = ("SBETA", "FXEXP", "SALP", "TOPT", "CMCMAX", "CFACTR", "RSMAX", "LVCOEF")
    fields = {name.lower(): np.asarray(general[name]) for name in names}
    fields["kdt"] = reference_infiltration(general["REFKDT"], ground.of_column("SATDK"), general["REFDK"])
    fields["frzx"] = frozen_infiltration_depth(general["FRZK"], porosity, reference)
    fields["czil"] = np.asarray(general["CZIL"] if choices.zilitinkevich == "constant" else -1.0)
    fields["evaporation_porosity"], fields["evaporation_dry"] = porosity, ground.of_column("DRYSMC")
    return fields


def _root_layers(tables: Tables, vegetation: np.ndarray, count: int) -> np.ndarray:
    """NROOT of each column, at least 1.

    Raises
    ------
    ValueError
        When it exceeds the number of layers.
    """
    layers = np.maximum(np.rint(tables.vegetation["NROOT"][vegetation - 1]).astype(int), 1)
    if (layers > count).any():
        raise ValueError(f"NROOT = {layers.max()} exceeds the {count} layers of the column")
    return layers


def column_parameters(
    tables: Tables,
    thickness,
    soil,
    vegetation,
    around: Surroundings,
    choices: Choices,
    column_soil=None,
) -> dict[str, np.ndarray]:
    """All parameter fields of columns, ready for :meth:`lsmcal.noah.runtime.blocks.Blocks.set`.

    Parameters
    ----------
    tables : Tables
        With parameter sets and the mapping of NROOT already applied.
    thickness : (columns, nz) or (nz,) array
        Layer thicknesses [m].
    soil : (columns, nz) array of int
        Soil class of every layer, from 1.
    vegetation : (columns,) array of int
        Vegetation class, from 1.
    around : Surroundings
    choices : Choices
    column_soil : (columns,) array of int, optional
        Class whose values serve the column as a whole (KDT, FRZX, evaporation); default that of the first layer.

    Returns
    -------
    dict
        Field name to (columns,) or (columns, nz) array.

    Raises
    ------
    ValueError
        For a geometry or root depth that is impossible.
    """
    soil = np.atleast_2d(np.asarray(soil, int))
    columns, count = soil.shape
    vegetation = np.broadcast_to(np.asarray(vegetation, int), (columns,))
    thickness = np.broadcast_to(np.asarray(thickness, np.float64), soil.shape)
    own = soil[:, 0] if column_soil is None else np.broadcast_to(np.asarray(column_soil, int), (columns,))
    urban = (vegetation == tables.urban) if tables.urban else np.zeros(columns, bool)
    ground = _Ground(tables, soil, own, urban)
    roots = _root_layers(tables, vegetation, count)
    fields = layer_geometry(thickness, around.zbot)
    fields |= _soil_fields(ground, thickness, roots, choices)
    fields |= _vegetation_fields(tables, vegetation, urban)
    fields |= _general_fields(ground, choices)
    fields["root_layers"] = roots.astype(np.float64)
    fields["exchange_scheme"] = np.broadcast_to(exchange_scheme(choices.exchange, around.dense), (columns,))
    fields["slope"] = tables.slope[np.asarray(around.slope_class, int) - 1]
    for name in ("tbot", "height_temperature", "height_wind", "snow_albedo", "greenness_min", "greenness_max"):
        fields[name] = np.asarray(getattr(around, name), np.float64)
    return fields
