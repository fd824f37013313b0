"""What a block of columns holds: every variable once, with its unit.

A block is one record of :data:`COLUMN` (quantities of the surface and of the column as a whole) and ``nz`` records
of :data:`LAYER`; every field has :data:`~lsmcal.noah.runtime.jit.LANES` lanes, one a column. The tables below are the
only declaration: they make the record types the kernels work on, and their units go into output files.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lsmcal.noah.runtime.jit import LANES


class Field(NamedTuple):
    """One variable of a record: its name, unit and meaning."""

    name: str
    unit: str
    meaning: str


def _fields(text: str) -> tuple[Field, ...]:
    """Read ``name | unit | meaning`` lines."""
    rows = (line.split("|") for line in text.strip().splitlines())
    return tuple(Field(*(part.strip() for part in row)) for row in rows)


LAYER_STATE = _fields("""
    temperature | K | soil temperature
    water | m3 m-3 | total water, liquid and ice (as liquid equivalent)
    liquid | m3 m-3 | liquid water
""")

LAYER_PARAMETERS = _fields("""
    thickness | m | thickness of the layer
    spacing | m | distance from its mid-point to the next one; for the last layer to the depth of TBOT
    edge_weight | 1 | weight of the next layer's temperature at the lower edge
    porosity | m3 m-3 | MAXSMC
    bb | 1 | Campbell exponent BB
    satdk | m s-1 | saturated hydraulic conductivity SATDK
    satdw | m2 s-1 | saturated hydraulic diffusivity SATDW
    dry_conductivity | W m-1 K-1 | thermal conductivity of the dry soil
    log_solid_conductivity | 1 | logarithm of the solids' share of the saturated conductivity
    kersten_thawed | 1 | Cote-Konrad coefficient of thawed soil; 0 for Johansen's logarithmic rule
    kersten_frozen | 1 | Cote-Konrad coefficient of frozen soil; 1 for Johansen's linear rule
    fixed_conductivity | W m-1 K-1 | thermal conductivity that replaces the computed one where not negative
    solid_heat | J m-3 K-1 | heat capacity of the solids by volume of soil
    freezing_b | 1 | exponent of the freezing curve
    log_freezing | 1 | water-independent part of the freezing curve's logarithm
    ice_decay_diffusivity | 1 | decay of log diffusivity with ice content
    ice_decay_conductivity | 1 | decay of log conductivity with ice content
    root_fraction | 1 | share of the root zone's depth (0 below it)
    root_wilting | m3 m-3 | wilting point that roots meet
    root_reference | m3 m-3 | water content from which roots take water freely
    deficit_capacity | m3 m-3 | water content at which the storage deficit of infiltration is zero
    deficit_capacity_corrector | m3 m-3 | the same in the second pass of the water step
    deficit_weight | 1 | share of the layer that counts in deficit and column ice
""")

LAYER_WORK = _fields("""
    conductivity | W m-1 K-1 | thermal conductivity at the start of the heat step
    saturation | 1 | total water over porosity
    log_saturated | 1 | logarithm of the conductivity the soil would have if saturated
    johansen | 1 | Kersten number of thawed soil after Johansen
    conductance | W m-2 K-1 | conductivity over the spacing to the next node
    heat_capacity | J m-3 K-1 | volumetric heat capacity at the start of the heat step
    edge | K | temperature of the lower edge
    mean_temperature | K | mean over the layer of the temperature that counts for freezing
    net_heat | W m-2 | conductive gain of the layer before phase change
    phase_heat | W m-2 | latent heat taken from (positive) the layer by phase change
    free_liquid | m3 m-3 | liquid water the freezing curve allows
    phase_active | 1 | 1 where the layer holds ice or touches temperatures below freezing
    curve_offset | 1 | water-independent side of the freezing curve at the mean temperature
    ice_trial | m3 m-3 | ice content in the freezing-curve iteration
    unconverged | 1 | 1 while the freezing-curve iteration goes on
    log_weight | 1 | logarithm of the weight of ice on the matric potential in the freezing-curve iteration
    log_left | 1 | logarithm of the liquid water in the freezing-curve iteration
    ice | m3 m-3 | ice content, held fixed in the water step
    diffusivity | m2 s-1 | hydraulic diffusivity
    hydraulic_conductivity | m s-1 | hydraulic conductivity
    log_saturation | 1 | logarithm of the saturation at which the hydraulic functions are taken
    liquid_mid | m3 m-3 | liquid water at which the hydraulic functions are taken
    liquid_first | m3 m-3 | liquid water after the pass of the water step
    water_flux | m s-1 | downward flux of water through the lower edge, where it has to be limited
    water_spare | m s-1 | water that a layer can give in the time in hand
    transpiration | m s-1 | water taken by roots from the layer
    root_availability | 1 | relative availability of water to roots
    lower | 1 | sub-diagonal of the tridiagonal system
    centre | 1 | its diagonal
    upper | 1 | its super-diagonal
    change | 1 | its right-hand side and then its solution (K or m3 m-3)
    stored_water | m3 m-3 | total water at the start of the step
""")

COLUMN_STATE = _fields("""
    skin_temperature | K | surface temperature
    canopy_water | m | water on the canopy
    snow_water | m | snow water equivalent
    snow_depth | m | snow depth
    exchange_heat | m s-1 | exchange coefficient for heat, CH (times wind speed)
    exchange_momentum | m s-1 | exchange coefficient for momentum, CM (times wind speed)
    albedo | 1 | surface albedo of the last step
    emissivity | 1 | surface emissivity of the last step
    roughness | m | roughness length with snow
    roughness_background | m | roughness length without snow
    snow_age | s | time since the last snowfall, counted while snow lies
    richardson | 1 | bulk Richardson number of the last exchange computation
    surface_humidity | kg kg-1 | humidity at the surface
""")

FORCING = _fields("""
    air_temperature | K | air temperature
    specific_humidity | kg kg-1 | air humidity (used as mixing ratio)
    air_pressure | Pa | surface air pressure
    shortwave | W m-2 | downward shortwave radiation
    longwave | W m-2 | downward longwave radiation
    precipitation | kg m-2 s-1 | precipitation
    wind_speed | m s-1 | wind speed
    snow_fraction | 1 | share of precipitation that is snow; negative where air temperature decides
""")

PHENOLOGY = _fields("""
    greenness_given | 1 | green vegetation fraction of the day
    albedo_given | 1 | snow-free albedo of the day; negative where the class decides
    leaf_area_given | 1 | leaf area index of the day; negative where the class decides
""")

COLUMN_PARAMETERS = _fields("""
    greenness_fixed | 1 | green fraction that the class imposes (0 for bare ground); negative where the day decides
    exchange_scheme | 1 | 0 Chen et al. 1997, 1 Mellor-Yamada-Janjic, 2 Yang et al. 2008
    height_temperature | m | height of air temperature and humidity
    height_wind | m | height of wind speed
    czil | 1 | Zilitinkevich coefficient CZIL; negative where it follows from the roughness
    sbeta | 1 | SBETA
    fxexp | 1 | FXEXP
    salp | 1 | SALP
    kdt | 1 | KDT = REFKDT SATDK / REFDK
    frzx | m | FRZX = FRZK (MAXSMC/REFSMC) (0.412/0.468)
    topt | K | TOPT
    cmcmax | m | CMCMAX
    cfactr | 1 | CFACTR
    rsmax | s m-1 | RSMAX
    rs | s m-1 | RS
    rgl | 1 | RGL
    hs | 1 | HS
    snup | m | SNUP
    lai_min | 1 | LAIMIN
    lai_max | 1 | LAIMAX
    emissivity_min | 1 | EMISSMIN
    emissivity_max | 1 | EMISSMAX
    albedo_min | 1 | ALBEDOMIN
    albedo_max | 1 | ALBEDOMAX
    z0_min | m | Z0MIN
    z0_max | m | Z0MAX
    snow_albedo | 1 | greatest albedo of deep snow
    lvcoef | 1 | LVCOEF
    greenness_min | 1 | SHDMIN
    greenness_max | 1 | SHDMAX
    root_layers | 1 | NROOT
    evaporation_porosity | m3 m-3 | porosity that direct evaporation refers to
    evaporation_dry | m3 m-3 | dry limit that direct evaporation refers to
    saturation_limit | 1 | liquid saturation above which the water step takes two passes
    slope | 1 | drainage coefficient SLOPE of the slope class
    tbot | K | temperature at the depth of the lower boundary
""")

COLUMN_WORK = _fields("""
    potential_temperature | K | air temperature brought down to the surface
    saturation_humidity | kg kg-1 | saturation humidity of the air
    saturation_slope | kg kg-1 K-1 | its slope with temperature
    snowing | 1 | 1 where precipitation falls as snow
    freezing_rain | 1 | 1 where rain falls on a frozen surface
    absorbed | W m-2 | absorbed shortwave and longwave radiation
    greenness | 1 | green vegetation fraction
    leaf_area | 1 | leaf area index
    albedo_snowfree | 1 | albedo without snow
    emissivity_snowfree | 1 | emissivity without snow
    snow_density | 1 | snow density relative to water
    snow_conductivity | W m-1 K-1 | thermal conductivity of snow
    snow_cover | 1 | fraction of ground covered by snow
    snowpack | 1 | 1 where the snow branch of the step is taken
    rain_on_soil | kg m-2 s-1 | precipitation that reaches canopy and soil as rain
    conductivity_top | W m-1 K-1 | conductivity between surface and first node
    conductivity_kept | W m-1 K-1 | the same under snow, kept while that of bare ground is renewed
    ground_heat | W m-2 | heat flux into the ground
    rr | 1 | RR of the potential evaporation
    rch | W m-2 K-1 | RCH of the potential evaporation
    epsca | K | EPSCA of the potential evaporation
    potential_evaporation | kg m-2 s-1 | potential evaporation
    freezing_rain_heat | W m-2 | heat released by freezing rain, FLX2 (negative)
    canopy_resistance | s m-1 | canopy resistance RC
    stress_radiation | 1 | canopy stress by radiation
    stress_temperature | 1 | canopy stress by temperature
    stress_humidity | 1 | canopy stress by vapour deficit
    stress_water | 1 | canopy stress by soil water
    plant_coefficient | 1 | share of potential evaporation the canopy transpires
    soil_evaporation | m s-1 | direct evaporation from soil
    canopy_evaporation | m s-1 | evaporation from the canopy
    transpiration | m s-1 | transpiration
    transpiration_demand | m s-1 | transpiration before it is shared among layers
    root_mean | 1 | sum of relative water availability over the root layers
    root_sum | 1 | sum of the layers' weights for transpiration
    snow_evaporation | kg m-2 s-1 | sublimation of snow
    dew | m s-1 | dew or frost
    beta | 1 | actual over potential evaporation
    other_heat | W m-2 | heat that rain and evaporation take from the balance over snow
    surface_trial | K | surface temperature over snow if none melted
    path_below | m | path of heat from the surface of snow to the temperature below it
    temperature_below | K | that temperature, of the first layer; in the closed balance of ground that follows
    ground_conductance | W m-2 K-1 | storage of a layer in the step plus conductance into the ground below
    ground_temperature | K | temperature that the layer would take without heat from above
    evaporation_heat | W m-2 | latent heat in the energy balance over snow
    precipitation_heat | W m-2 | heat to bring precipitation to surface temperature, FLX1
    melt_heat | W m-2 | heat used by snow melt, FLX3
    melt | m | snow melt of the step
    water_input | m s-1 | rain, dew and melt given to canopy and soil
    drip | m | water dripping from the canopy in the step
    throughfall | m s-1 | water reaching the soil surface
    infiltration | m s-1 | water entering the soil
    ice_max | m3 m-3 | largest ice content of any layer
    deficit | m | storage deficit of infiltration
    column_ice | m | ice that hinders infiltration
    flux_above | m s-1 | water flux through the upper edge of the layer in hand
    surface_runoff | m s-1 | runoff at the surface
    drainage | m s-1 | drainage from the bottom layer
    overflow | m | excess of the bottom layer
    exceeds | 1 | 2 where a layer gives more water than it holds, 1 where one has no room for what it gets
    refused | m s-1 | infiltration that the first layer has no room for
    refused_sum | m s-1 | the same, mean over the parts of a step
    water_parts | 1 | parts into which the step of the water equation is divided
    water_part | 1 | 1 in lanes that take another part
    water_time | s | time in which the change of water in hand happens
    water_rate | s-1 | its inverse
    water_later | s | time left in the step after it
    drained | m s-1 | drainage, mean over the parts of a step
    drainage_kept | m s-1 | drainage of lanes that take no further part
    needs_corrector | 1 | 1 where the water step takes two passes
    yy | K | effective air temperature of the surface boundary
    zz1 | 1 | conductance ratio of the surface boundary
    heat_into_soil | W m-2 | flux through the top of the first layer in the heat equation
    heat_at_bottom | W m-2 | flux out of the last layer towards the lower boundary
    heat_above | W m-2 | conductive flux through the upper edge of the layer in hand
    conductance_above | W m-2 K-1 | conductance above the layer in hand
    exchange_above | m s-1 | diffusivity over spacing above the layer in hand
    sensible_heat | W m-2 | sensible heat flux, positive upward
    latent_heat | W m-2 | latent heat flux, positive upward
    evaporation | kg m-2 s-1 | water given to (positive) or taken from the air
    friction | m s-1 | friction velocity
    temperature_scale | K | turbulent temperature scale
    convective | m2 s-2 | convective velocity scale squared
    obukhov | m-1 | reciprocal Obukhov length
    thermal_roughness | m | roughness length for heat
    stability_m | 1 | profile term for momentum
    stability_h | 1 | profile term for heat
    difference_felt | K | temperature difference that the temperature scale follows
    bulk_richardson | 1 | bulk Richardson number before it is limited
    profile_m | 1 | logarithm of height over roughness for momentum
    profile_h | 1 | logarithm of height over roughness for heat
    zeta_m | 1 | height of the wind over the Obukhov length
    zeta_h | 1 | height of the temperature over the Obukhov length
    log_richardson | 1 | logarithm of minus the Richardson number over the Prandtl number, in unstable air
    log_profile_m | 1 | logarithm of ``profile_m``
    zeta_rough | 1 | roughness length over the Obukhov length
    zeta_thermal | 1 | roughness length for heat over the Obukhov length
    exchange_trial | m s-1 | exchange coefficient being computed
    momentum_trial | m s-1 | the same for momentum
    richardson_trial | 1 | Richardson number being computed
    buoyancy | m s-2 K-1 | gravity over temperature
    virtual_difference | K | difference of virtual potential temperatures
    wind_squared | m2 s-2 | squared wind speed
    zilitinkevich | 1 | exponent factor of the thermal roughness
    air_at_surface | K | air temperature referred to the surface in the scheme of Yang et al.
    viscosity | m2 s-1 | kinematic viscosity of air
    snow_water_start | m | snow water at the start of the step
    canopy_water_start | m | canopy water at the start of the step
    snow_lost | m | snow water dropped or sublimated beyond what there was (a leak of the reference)
    water_created | m | soil water created by the lower limit of total water (a leak of the reference)
    ice_lost_heat | J m-2 | latent heat of ice removed without heat in the water step (a leak of the reference)
""")

LEDGER = _fields("""
    energy_surface | W m-2 | residual of the surface energy balance
    energy_interface | W m-2 | flux given to the ground less flux taken up by the heat equation
    energy_soil | W m-2 | residual of the soil's heat budget
    water_known | kg m-2 s-1 | water created or lost by known leaks of the reference
    water_residual | kg m-2 s-1 | residual of the water budget beyond the known leaks
    water_gained | kg m-2 s-1 | water made from nothing by known leaks
    water_dropped | kg m-2 s-1 | water lost to nowhere by known leaks
    ice_unheated | W m-2 | latent heat of ice that vanished without heat
    temperature_excess | K | surface temperature beyond any measured on Earth
""")


def record_dtype(*groups: tuple[Field, ...]) -> np.dtype:
    """Record type with one float64 lane array for each field of the groups."""
    return np.dtype([(field.name, np.float64, (LANES,)) for group in groups for field in group])


_LAYER_GROUPS = (LAYER_STATE, LAYER_PARAMETERS, LAYER_WORK)
_COLUMN_GROUPS = (COLUMN_STATE, FORCING, PHENOLOGY, COLUMN_PARAMETERS, COLUMN_WORK, LEDGER)
LAYER = record_dtype(*_LAYER_GROUPS)
COLUMN = record_dtype(*_COLUMN_GROUPS)
LAYER_NAMES = tuple(field.name for group in _LAYER_GROUPS for field in group)
COLUMN_NAMES = tuple(field.name for group in _COLUMN_GROUPS for field in group)

NAMES = {
    group: tuple(field.name for field in fields)
    for group, fields in {
        "layer_state": LAYER_STATE,
        "layer_parameters": LAYER_PARAMETERS,
        "column_state": COLUMN_STATE,
        "forcing": FORCING,
        "phenology": PHENOLOGY,
        "column_parameters": COLUMN_PARAMETERS,
    }.items()
}
