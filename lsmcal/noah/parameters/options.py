"""Choices of the model that the kernels test at run time, outside the lane loops."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import NamedTuple


class Options(NamedTuple):
    """Switches of the kernels. What else an option of the case changes is settled in the parameters of the columns.

    Attributes
    ----------
    impedance : int
        0 Noah 3.4.1, 1 exponential in ice content (rates per layer), 2 Hansson.
    frozen_ground : bool
        Let ice reduce infiltration (Koren et al. 1999).
    stable_capped : bool
        Yang et al. 2008: keep the Richardson number of stable air where a solution exists.
    heat_limit : bool
        Yang et al. 2008: limit the heat profile by its own logarithm.
    freezing_converged : bool
        Solve the freezing curve to rounding.
    snow_conserved : bool
        Neither drop small remainders of snow nor sublimate more than there is.
    water_conserved : bool
        Limit the fluxes of soil water to what the layers hold and have room for.
    surface_closed : bool
        Close the energy balance of the surface, and between snow and soil.
    time_weight : float
        Weight of the new state in the heat equation.
    """

    impedance: int
    frozen_ground: bool
    stable_capped: bool
    heat_limit: bool
    freezing_converged: bool
    snow_conserved: bool
    water_conserved: bool
    surface_closed: bool
    time_weight: float


#: Allowed values of every named option; an option that is a number stands with its range in its description.
CHOICES: dict[str, tuple[str, ...]] = {
    "exchange": ("by-cover", "chen97", "mellor-yamada-janjic", "yang2008"),
    "stable_yang2008": ("capped", "released"),
    "heat_limit_yang2008": ("heat", "momentum"),
    "thermal_conductivity": ("cote-konrad", "peters-lidard"),
    "dry_conductivity_guard": ("below-saturated", "none"),
    "ice_impedance": ("wu2018", "zhang2007", "clm5", "hansson", "noah341"),
    "frozen_infiltration": ("koren", "none"),
    "deficit_parameters": ("layer", "column"),
    "layer_parameters": ("consistent", "released"),
    "saturation_limits": ("class", "porosity"),
    "root_layers": ("depth", "table"),
    "root_parameters": ("layer", "column"),
    "freezing_solver": ("converged", "released"),
    "snow_remainder": ("conserved", "dropped"),
    "soil_water": ("clipped", "conserved"),
    "surface_energy": ("linear", "closed"),
    "passive": ("ratio", "formula", "table"),
    "zilitinkevich": ("constant", "roughness"),
}

#: Options that came later, at the value that stands for the model before: results at that value do not depend on them.
LATER = {"soil_water": "clipped", "surface_energy": "linear"}

#: Packaged soil and general tables that belong to a preset.
PRESET_TABLES = {
    "ji2026": {"soil": "noahtibet", "general": "ji2026"},
    "noahtibet": {"soil": "noahtibet", "general": "noahtibet"},
    "original": {"soil": "wrf", "general": "noah341"},
}


@dataclass(frozen=True)
class Choices:
    """Every named choice of the model; the defaults are the preset ``ji2026``.

    Attributes
    ----------
    exchange : str
        Surface-exchange scheme; ``by-cover``: Yang et al. 2008 on sparse vegetation, Mellor-Yamada-Janjic elsewhere.
    stable_yang2008 : str
        ``capped``: stable air never beyond the last real solution; ``released``: as published, with the sign flip.
    heat_limit_yang2008 : str
        Logarithm that limits the heat profile: its own (``heat``) or, as published, that of ``momentum``.
    thermal_conductivity : str
        ``cote-konrad`` gives gravel and bedrock their own rows; ``peters-lidard`` treats every class as soil.
    dry_conductivity_guard : str
        ``below-saturated`` keeps the dry conductivity from exceeding that of the saturated thawed soil.
    ice_impedance : str
        How ice hinders water flow.
    frozen_infiltration : str
        ``koren``: column ice reduces infiltration; ``none``: it does not.
    infiltration_depth : float
        Depth over which storage deficit and column ice are summed [m]; 0 means the whole column.
    deficit_parameters : str
        Porosity and wilting point of the storage deficit: each layer's own, or as published those of the column.
    layer_parameters : str
        ``released``: with the parameter leak of the published code; ``consistent``: without it.
    saturation_limits : str
        Limit of the two-pass water step by soil class, or as published by the exact porosity of the first layer.
    root_layers : str
        ``table``: NROOT of the table; ``depth``: translated to the thinner layers, ``max(4, 2 NROOT)``.
    root_parameters : str
        Wilting point and field capacity that roots meet: each layer's own, or as published those of the column's class.
    freezing_solver : str
        ``converged`` solves the freezing curve to rounding; ``released`` stops at 0.005.
    snow_remainder : str
        ``conserved`` melts small remainders and sublimates no more than there is; ``dropped`` as published.
    soil_water : str
        ``conserved`` limits fluxes to what layers hold and have room for, and divides steps where needed; ``clipped``,
        as published, makes water where a layer falls below 0.02 and passes excess over porosity downward.
    surface_energy : str
        ``linear``, as published: the balance is linear around air temperature, and the heat equation does not take
        the flux that leaves the snow; ``closed`` iterates the surface temperature and hands on the same flux.
    passive : str
        How passive soil parameters follow changed parents.
    time_weight : float
        Weight of the new state in the heat equation: 1 implicit, 0.5 Crank-Nicolson.
    zilitinkevich : str
        Coefficient of the Mellor-Yamada-Janjic and Chen schemes: CZIL (``constant``), or ``roughness``: from the
        roughness length (Chen and Zhang 2009).
    """

    exchange: str = "by-cover"
    stable_yang2008: str = "capped"
    heat_limit_yang2008: str = "heat"
    thermal_conductivity: str = "cote-konrad"
    dry_conductivity_guard: str = "below-saturated"
    ice_impedance: str = "wu2018"
    frozen_infiltration: str = "koren"
    infiltration_depth: float = 2.296
    deficit_parameters: str = "layer"
    layer_parameters: str = "consistent"
    saturation_limits: str = "class"
    root_layers: str = "depth"
    root_parameters: str = "layer"
    freezing_solver: str = "converged"
    snow_remainder: str = "conserved"
    soil_water: str = "conserved"
    surface_energy: str = "linear"
    passive: str = "ratio"
    time_weight: float = 1.0
    zilitinkevich: str = "constant"

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} = {getattr(self, name)!r}; expected one of {', '.join(allowed)}")
        if not 0.5 <= self.time_weight <= 1.0:
            raise ValueError(f"time_weight = {self.time_weight}; expected 0.5 to 1")
        if self.infiltration_depth < 0.0:
            expected = "expected 0 (whole column) or a depth in m"
            raise ValueError(f"infiltration_depth = {self.infiltration_depth}; {expected}")

    def identity(self) -> dict[str, object]:
        """What results depend on: every option, but none that came later and is as the model was before."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in given.items() if LATER.get(name) != value}

    def kernel_options(self) -> Options:
        """The switches the kernels test at run time."""
        impedance = {"noah341": 0, "hansson": 2}.get(self.ice_impedance, 1)
        return Options(
            impedance=impedance,
            frozen_ground=self.frozen_infiltration == "koren",
            stable_capped=self.stable_yang2008 == "capped",
            heat_limit=self.heat_limit_yang2008 == "heat",
            freezing_converged=self.freezing_solver == "converged",
            snow_conserved=self.snow_remainder == "conserved",
            water_conserved=self.soil_water == "conserved",
            surface_closed=self.surface_energy == "closed",
            time_weight=float(self.time_weight),
        )


_RELEASED = Choices(
    exchange="by-cover",
    stable_yang2008="released",
    heat_limit_yang2008="momentum",
    dry_conductivity_guard="none",
    frozen_infiltration="none",
    infiltration_depth=0.0,
    deficit_parameters="column",
    layer_parameters="released",
    saturation_limits="porosity",
    root_layers="table",
    root_parameters="column",
    freezing_solver="released",
    snow_remainder="dropped",
    soil_water="clipped",
    passive="table",
)

#: The three ready combinations.
PRESETS: dict[str, Choices] = {
    "ji2026": Choices(),
    "noahtibet": _RELEASED,
    "original": replace(
        _RELEASED,
        exchange="chen97",
        thermal_conductivity="peters-lidard",
        ice_impedance="noah341",
        frozen_infiltration="koren",
        layer_parameters="consistent",
    ),
}


def preset(name: str, **changes) -> Choices:
    """Choices of a preset with single options changed.

    Raises
    ------
    ValueError
        For an unknown preset, option or value.
    """
    if name not in PRESETS:
        raise ValueError(f"preset = {name!r}; expected one of {', '.join(PRESETS)}")
    unknown = set(changes) - {field.name for field in fields(Choices)}
    if unknown:
        raise ValueError(f"no option {', '.join(sorted(unknown))}")
    return replace(PRESETS[name], **changes)
