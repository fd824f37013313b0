"""Physical constants with the values of the reference, which uses slightly different ones in different places."""

#: Freezing point [K].
T0 = 273.15
#: Stefan-Boltzmann constant [W m-2 K-4].
SIGMA = 5.67e-8
#: Gas constant of dry air [J kg-1 K-1].
R_DRY = 287.04
#: Heat capacity of air in the surface fluxes, the surface humidity and the canopy resistance [J kg-1 K-1].
CP_AIR = 1004.5
#: Heat capacity of air in the potential evaporation [J kg-1 K-1].
CP_AIR_PENMAN = 1004.6
#: Heat capacity of water and of ice as carried by precipitation [J kg-1 K-1].
CP_WATER = 4.218e3
CP_ICE = 2.106e3
#: Latent heats of fusion, vaporisation and sublimation [J kg-1].
L_FUSION = 3.335e5
L_VAPOUR = 2.501e6
L_SUBLIMATION = 2.83e6
#: Density of water [kg m-3].
RHO_WATER = 1000.0
#: Volumetric heat capacities of water, ice and air in soil [J m-3 K-1].
HEAT_WATER = 4.2e6
HEAT_ICE = 2.106e6
HEAT_AIR = 1004.0
#: Acceleration of gravity in the freezing curve [m s-2].
GRAVITY = 9.81
#: Emissivity of snow.
SNOW_EMISSIVITY = 0.95
#: Greatest snow cover fraction the model works with.
SNOW_COVER_MAX = 0.98
#: Snow below this is taken as no snow before the step, and at melt-out [m of water].
SNOW_WATER_MIN = 1e-7
SNOW_WATER_LEFT = 1e-6
#: Least total water content of a layer [m3 m-3].
WATER_MIN = 0.02
#: von Karman's constant.
KARMAN = 0.4
#: Greatest freezing-curve exponent, weight of ice on the matric potential, and least liquid water
#: that the iteration leaves (Koren et al. 1999).
FREEZING_B_MAX = 5.5
FREEZING_CK = 8.0
FREEZING_LIQUID_MIN = 0.02
FREEZING_TOLERANCE = 0.005
FREEZING_ITERATIONS = 10
