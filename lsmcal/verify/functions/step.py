"""The energy balances and the whole column step, composed from our kernels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lsmcal.noah.parameters.parameters import Surroundings, column_parameters
from lsmcal.noah.parameters.tables import Tables
from lsmcal.noah.physics.atmosphere import air_properties
from lsmcal.noah.physics.canopy import canopy_resistance
from lsmcal.noah.physics.constants import L_SUBLIMATION, L_VAPOUR
from lsmcal.noah.physics.step import absorbed_radiation, energy_and_water, surface_state
from lsmcal.noah.physics.surface import penman, surface_parameters, turbulent_fluxes
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.verify.functions.plants import EVAPORATION, RESISTANCE
from lsmcal.verify.functions.water import RUNOFF
from lsmcal.verify.lanes import collect, geometry, heat_parameters, lanes, root_parameters, run, water_parameters
from lsmcal.verify.table import Call

Outputs = dict[str, np.ndarray]

_STATE = "CMC=canopy_water T1=skin_temperature"
_PROFILES = "STC=temperature SMC=water SH2O=liquid ET=transpiration"
#: From m s-1 to kg m-2 s-1.
_MASS = {name: 1000.0 for name in ("EDIR", "EC", "ET", "ETT")}
_BRANCH = (
    "ETP SMC CMC SHDFAC SBETA Q2 T1 SFCTMP TH2 FDOWN EMISSI STC EPSCA PC RCH RR CFACTR SH2O SLOPE KDT FRZFACT TBOT "
    "NROOT RTDIS FXEXP CMCMAX PRCP SMCMAX SMCDRY"
)


def _branch(call: Call, arguments: str = "", **fields) -> Blocks:
    """Run everything that follows the potential evaporation, then the fluxes to the air.

    The tables of these routines bring no air pressure where only the sensible heat needs it; that is not compared.
    """
    parameters = {**geometry(call), **heat_parameters(call), **water_parameters(call), **root_parameters(call)}
    fields = {"air_pressure": call["SFCPRS"] if "SFCPRS" in call else 1e5, **fields}
    blocks = lanes(call, f"{_BRANCH} {arguments}", **parameters, **fields)
    options = call.choices.kernel_options()

    def step(layers, column):
        energy_and_water(layers, column, call.dt, options)
        turbulent_fluxes(column)

    return run(blocks, step)


def nopac(call: Call) -> Outputs:
    """Energy and water without snow."""
    blocks = _branch(call, rain_on_soil=call["PRCP"], snowpack=0.0)
    columns = (
        f"{_STATE} {RUNOFF} {EVAPORATION} ETA=evaporation SSOIL=ground_heat BETA=beta DRIP=drip DEW=dew "
        "FLX1=precipitation_heat FLX3=melt_heat"
    )
    return collect(blocks, columns, _PROFILES, **_MASS)


def snopac(call: Call) -> Outputs:
    """Energy and water with snow; ETNS is the evaporation from the ground that snow leaves free."""
    blocks = _branch(call, "PRCPF SNOWNG DF1 SNCOVR ESD SNDENS SNOWH FLX2 RIBB", snowpack=1.0)
    columns = (
        f"{_STATE} {RUNOFF} {EVAPORATION} ETP=potential_evaporation SSOIL=ground_heat SNCOVR=snow_cover ESD=snow_water "
        "SNDENS=snow_density SNOWH=snow_depth SNOMLT=melt BETA=beta DRIP=drip DEW=dew FLX1=precipitation_heat "
        "FLX2=freezing_rain_heat FLX3=melt_heat ESNOW=snow_evaporation"
    )
    outputs = collect(blocks, columns, _PROFILES, **_MASS)
    return outputs | {"ETNS": outputs["EDIR"] + outputs["EC"] + outputs["ETT"]}


def _parameters(call: Call, tables: Tables, **around) -> dict[str, np.ndarray]:
    """Parameter fields of the columns from the classes of the rows."""
    own = call["SOILTYP"].astype(int)
    soil = call["STYPE"].astype(int) if call.modified else np.repeat(own[:, None], call.layers, axis=1)
    surroundings = Surroundings(zbot=call.zbot, slope_class=call["SLOPETYP"].astype(int), **around)
    return column_parameters(
        tables, call.thickness, soil, call["VEGTYP"].astype(int), surroundings, call.choices, column_soil=own
    )


_READ = (
    "CFACTR=cfactr CMCMAX=cmcmax RSMAX=rsmax TOPT=topt KDT=kdt SBETA=sbeta SHDFAC=greenness RSMIN=rs RGL=rgl HS=hs "
    "FRZX=frzx SLOPE=slope SNUP=snup SALP=salp SMCMAX=evaporation_porosity SMCDRY=evaporation_dry FXEXP=fxexp "
    "NROOT=root_layers CZIL=czil LAIMIN=lai_min LAIMAX=lai_max EMISSMIN=emissivity_min EMISSMAX=emissivity_max "
    "ALBEDOMIN=albedo_min ALBEDOMAX=albedo_max Z0MIN=z0_min Z0MAX=z0_max LVCOEF=lvcoef"
)


def redprm(call: Call) -> Outputs:
    """Parameters by class; what the columns keep only inside other fields comes from the tables."""
    # the urban class is special to the column step, not to this read
    tables = replace(call.tables, urban=0)
    blocks = lanes(call, **_parameters(call, tables, tbot=270.0), greenness_given=call["SHDFAC"])
    outputs = collect(run(blocks, lambda layers, column: surface_parameters(column)), _READ, "RTDIS=root_fraction")
    first = {"BEXP": "bb", "DKSAT": "satdk", "DWSAT": "satdw", "SMCWLT": "root_wilting", "SMCREF": "root_reference"}
    outputs |= {name: blocks.layer_field(field)[:, 0] for name, field in first.items()}
    rows = call["SOILTYP"].astype(int) - 1
    outputs |= {name: tables.soil[column][rows] for name, column in _SOIL.items()}
    outputs |= {name: np.full(call.rows, tables.general[name]) for name in ("REFKDT", "CSOIL")}
    return outputs | {"ZBOT": -call.zbot}


_SOIL = {"PSISAT": "SATPSI", "F1": "F11", "QUARTZ": "QTZ"}
_SURFACE = (
    "SHDFAC=greenness ALB=albedo_snowfree Z0BRD=roughness_background Z0=roughness EMISSI=emissivity "
    "EMBRD=emissivity_snowfree SNOWH=snow_depth SNEQV=snow_water ALBEDO=albedo ETA=latent_heat SHEAT=sensible_heat "
    "FDOWN=absorbed ESNOW=snow_evaporation DRIP=drip DEW=dew ETP=potential_evaporation SSOIL=ground_heat "
    "FLX1=precipitation_heat FLX2=freezing_rain_heat FLX3=melt_heat SNOMLT=melt SNCOVR=snow_cover RSMIN=rs "
    "XLAI=leaf_area Q1=surface_humidity SNOTIME1=snow_age SMCDRY=evaporation_dry SMCMAX=evaporation_porosity "
    "NROOT=root_layers"
)
#: Units and signs of the column step's outputs.
_UNITS = {name: 1000.0 * L_VAPOUR for name in ("EDIR", "EC", "ETT")} | {"ESNOW": L_SUBLIMATION, "SSOIL": -1.0}
#: The reference converts the transpiration of this many layers to W m-2.
_CONVERTED = 4


def _step_blocks(call: Call) -> Blocks:
    around = {"tbot": call["TBOT"], "height_temperature": call["ZLVL"], "snow_albedo": call["SNOALB"]}
    around |= {"greenness_min": call["SHDMIN"], "greenness_max": call["SHDMAX"]}
    tables = replace(call.tables, urban=int(call["ISURBAN"][0]))
    return lanes(
        call,
        "STC SMC SH2O CMC T1 SNOWH SNEQV CH SNOTIME1 RIBB SFCTMP SFCPRS Q2 PRCP SFCSPD",
        snow_fraction=call["FFROZP"],
        shortwave=call["SOLNET"],
        longwave=call["LWDN"],
        emissivity=1.0,
        greenness_given=call["SHDFAC"],
        albedo_given=np.where(call["USEMONALB"] != 0.0, call["ALB"], -1.0),
        leaf_area_given=np.where(call["RDLAI2D"] != 0.0, call["XLAI"], -1.0),
        **_parameters(call, tables, **around),
    )


def _run_step(call: Call, blocks: Blocks) -> None:
    """The column step after the exchange coefficients.

    The routine is given net shortwave and absorbed longwave radiation: absorbed with albedo 0 and emissivity 1.
    """
    options, dt = call.choices.kernel_options(), call.dt

    def before(layers, column):
        air_properties(column)
        absorbed_radiation(column)

    def after(layers, column):
        surface_state(layers, column, dt, options)
        penman(column)
        canopy_resistance(layers, column)
        energy_and_water(layers, column, dt, options)
        turbulent_fluxes(column)

    run(blocks, before)
    given = {"TH2": "potential_temperature", "Q2SAT": "saturation_humidity", "DQSDT2": "saturation_slope"}
    blocks.set({field: call[name] for name, field in given.items()})
    blocks.set({"shortwave": call["SOLDN"]})
    run(blocks, after)


def _converted(call: Call, blocks: Blocks, outputs: Outputs) -> Outputs:
    """Outputs in the units and conventions the reference gives them back."""
    latent = (1.0 - outputs["SNCOVR"]) * L_VAPOUR + outputs["SNCOVR"] * L_SUBLIMATION
    frost = (outputs["ETP"] <= 0.0) & (blocks.column_field("snowpack") > 0.5)
    kinematic = np.where(frost, 0.0, blocks.column_field("evaporation"))
    potential = outputs["ETP"] * latent
    beta = np.where(potential == 0.0, 0.0, outputs["ETA"] / np.where(potential == 0.0, 1.0, potential))
    transpired = outputs["ET"] * 1000.0
    transpired[:, :_CONVERTED] *= L_VAPOUR
    overflow = outputs["RUNOFF3"] / call.dt
    changed = {"ETA_KINEMATIC": kinematic, "ETP": potential, "BETA": beta, "ET": transpired}
    return changed | {"RUNOFF3": overflow, "RUNOFF2": outputs["RUNOFF2"] + overflow}


def _wetness(call: Call, water: np.ndarray) -> Outputs:
    """Total water and its availability.

    With the parameter leak the first layer's term of SOILW has the wilting point of the deepest layer.
    """
    own = call["SOILTYP"].astype(int)[:, None]
    rows = (call["STYPE"].astype(int) if call.modified else np.broadcast_to(own, water.shape)) - 1
    porosity, wilting = call.tables.soil["MAXSMC"][rows], call.tables.soil["WLTSMC"][rows]
    roots = np.maximum(call.tables.vegetation["NROOT"][call["VEGTYP"].astype(int) - 1], 1.0)[:, None]
    depth = np.where(np.arange(call.layers) < roots, call.thickness, 0.0)
    met = wilting.copy()
    if call.leak:
        met[:, 0] = wilting[:, -1]
    available, capacity = ((water - met) * depth).sum(axis=1), ((porosity - met) * depth).sum(axis=1)
    return {
        "SMAV": (water - wilting) / (porosity - wilting),
        "SOILM": (water * call.thickness).sum(axis=1),
        "SOILW": available / capacity,
    }


def sflx(call: Call) -> Outputs:
    """The whole column step after the exchange coefficients."""
    blocks = _step_blocks(call)
    _run_step(call, blocks)
    outputs = collect(blocks, f"{_STATE} {RUNOFF} {EVAPORATION} {RESISTANCE} {_SURFACE}", _PROFILES, **_UNITS)
    first = {"SMCWLT": "root_wilting", "SMCREF": "root_reference"}
    outputs |= {name: blocks.layer_field(field)[:, 0] for name, field in first.items()}
    return outputs | _converted(call, blocks, outputs) | _wetness(call, outputs["SMC"])


ROUTINES = {"NOPAC": nopac, "SNOPAC": snopac, "REDPRM": redprm, "SFLX": sflx}
