"""Limits of the numbers of a case, each with its reason: what nature has, or what a machine can hold.

They are wide: what lies beyond is a slip of the pen or of the unit. Where a value only makes sense beside others
(depths and the column, years and the forcing), the checks of :mod:`lsmcal.case.checks` are narrower.
"""

from __future__ import annotations

import sys
from typing import Annotated

from pydantic import Field

#: Deepest ground [m]: the thickest permafrost known, in Siberia, has 1.5 km.
DEEPEST = 2000.0
#: Most layers of a column: a column of the published model has 20; a thousand is the square of its cost.
MOST_LAYERS = 1000
#: Thinnest layer [m]: a grain of gravel is larger.
THINNEST = 0.001
#: Most cells of a region: the land of the earth at 4 km.
MOST_CELLS = 10_000_000
#: Most years that are made or run in one go.
MOST_YEARS = 1000

# -- nature -----------------------------------------------------------------------------------------------------------
Depth = Annotated[float, Field(ge=0.0, le=DEEPEST)]
DepthBelow = Annotated[float, Field(gt=0.0, le=DEEPEST)]
#: A layer [m]: thicker than 500 m, no profile is left; checks of the grid say that it has a millimetre at least.
Thickness = Annotated[float, Field(gt=0.0, le=500.0)]
#: Of an instrument above ground [m]: over the roughness of short plants, and no higher than the tallest masts.
SensorHeight = Annotated[float, Field(ge=0.1, le=500.0)]
#: Leaf area index: the densest forests have 15.
LeafArea = Annotated[float, Field(ge=0.0, le=20.0)]
#: Above sea level [m]: from the shore of the Dead Sea to Mount Everest.
Elevation = Annotated[float, Field(ge=-450.0, le=9000.0)]
#: Degrees of longitude, or of a box of longitudes and latitudes.
Degrees = Annotated[float, Field(ge=-180.0, le=360.0)]
#: A distance in degrees: of a metre at least, and of half the globe at most.
Span = Annotated[float, Field(ge=1e-5, le=180.0)]
#: A distance [km]: half the circumference of the earth at most.
DistanceKm = Annotated[float, Field(ge=0.0, le=20_040.0)]
#: Water on leaves [m]: a canopy holds half a millimetre, a wet forest some millimetres.
CanopyWater = Annotated[float, Field(ge=0.0, le=0.05)]
#: Seasonal snow [m]: the deepest measured had 12 m; more is a glacier, which the model has not.
SnowDepth = Annotated[float, Field(ge=0.0, le=30.0)]
#: The same as water [m].
SnowWater = Annotated[float, Field(ge=0.0, le=20.0)]
#: Water that a scheme makes or loses in a year [mm]: a hundred times what falls on the wettest ground.
WaterLeak = Annotated[float, Field(ge=0.0, le=1e6)]
#: Noise of a thermometer [K]: that of the air in front of it is less.
NoiseKelvin = Annotated[float, Field(ge=0.0, le=50.0)]
#: Tolerances of a spin-up: below the rounding of a mean nothing is reached, above the whole range nothing is asked.
ToleranceKelvin = Annotated[float, Field(ge=1e-9, le=100.0)]
ToleranceWater = Annotated[float, Field(ge=1e-9, le=10_000.0)]
#: Saturation at the beginning: no ground is drier than a thousandth of its pores.
Saturation = Annotated[float, Field(ge=0.001, le=1.0)]
#: Snow of less than a hundredth of the density of water [m of depth for a metre of water]; new snow has a twentieth.
LIGHTEST_SNOW = 100.0
#: Seconds between records: a second at least, a year at most; 0 for instants.
Interval = Annotated[float, Field(ge=1.0, le=31_622_400.0)]
IntervalOrInstant = Annotated[float, Field(ge=0.0, le=31_622_400.0)]
#: Seconds of a step of the model: it divides the day.
ModelStep = Annotated[float, Field(ge=1.0, le=86_400.0)]

# -- what files hold --------------------------------------------------------------------------------------------------
#: A fill value is any number that a file can hold.
FillValue = Annotated[float, Field(ge=-sys.float_info.max, le=sys.float_info.max)]
#: Between two units of one quantity lie no more than nine powers of ten; a sign may change.
Factor = Annotated[float, Field(ge=-1e9, le=1e9)]
#: A value in the unit of the model: none has more than air pressure in Pa; readers check each in its own range.
Value = Annotated[float, Field(ge=-1e9, le=1e9)]
#: Codes of classes in maps of up to 32 bits.
Code = Annotated[int, Field(ge=-(2**31), le=2**32 - 1)]
#: Index along a dimension of a file.
Index = Annotated[int, Field(ge=0, le=MOST_CELLS)]

# -- what a machine can do --------------------------------------------------------------------------------------------
#: A seed: NumPy and the engines take 32 bits.
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
Cells = Annotated[int, Field(ge=1, le=MOST_CELLS)]
#: Threads of a process: no machine has more cores.
Threads = Annotated[int, Field(ge=1, le=4096)]
#: Cycles of a spin-up: a million of a year are longer than the ice ages.
Cycles = Annotated[int, Field(ge=1, le=1_000_000)]
#: Steps of the model within a step of the forcing: those of a day are then of a second.
Substeps = Annotated[int, Field(ge=1, le=86_400)]
#: Evaluations, in memory and in a history of text: a million has a gigabyte.
Evaluations = Annotated[int, Field(ge=1, le=1_000_000)]
#: Parameter sets at once: all their columns are in memory.
Batch = Annotated[int, Field(ge=1, le=100_000)]
Patience = Annotated[int, Field(ge=0, le=1_000_000)]
Members = Annotated[int, Field(ge=1, le=100_000)]
#: Rows and columns, or every n-th, of the cells of a map.
Rows = Annotated[int, Field(ge=0, le=10_000)]
EveryNth = Annotated[int, Field(ge=1, le=MOST_CELLS)]
#: Ratio of two goals in a sum: beyond it the smaller one has no digit left.
Weight = Annotated[float, Field(gt=0.0, le=1e6)]
#: Stars of a screening, and replicates of them; a star has hundreds of runs.
Stars = Annotated[int, Field(ge=2, le=100_000)]
Replicates = Annotated[int, Field(ge=0, le=1_000_000)]
#: Step of a ray: at least two a range; below a thousandth the differences are those of rounding.
RayStep = Annotated[float, Field(ge=0.001, le=0.5)]
#: Most samples of a screening at each cell: the cost of a day on a thousand cores.
MOST_SAMPLES = 10_000_000
#: Parameters that are kept; the table has fewer.
Kept = Annotated[int, Field(ge=1, le=1000)]
#: Megabytes: from one to those of the largest nodes.
Megabytes = Annotated[float, Field(ge=1.0, le=1e7)]
#: Seconds between two checkpoints: a week at most.
Pause = Annotated[float, Field(ge=0.0, le=604_800.0)]
#: Hours of a day.
Hours = Annotated[float, Field(ge=0.01, le=24.0)]
