"""Soil and vegetation of plateau cells by rule, where no map says what they are.

The rules are plain: plants by yearly rain and height, soil by depth. Three smooth random fields of the place vary them,
so that neighbours are alike and every soil class of the rules occurs everywhere.
"""

from __future__ import annotations

import numpy as np

from lsmcal.inputs.synthetic.plateau_random import smooth_field
from lsmcal.noah.runtime.grid import bottom_depths

#: Annual mean leaf area index above which vegetation is dense: see "Dense or sparse cover" in docs/domain.md.
LAI_DENSE = 0.20
#: Classes of the packaged tables.
_SILT_LOAM, _LOAM, _SANDY_LOAM, _GRAVEL, _BEDROCK = 8, 7, 9, 13, 14
_GRASSLAND, _SHRUB_AND_GRASS, _BARREN, _BARE_TUNDRA = 7, 9, 19, 23
#: Share of a year's largest leaf area in each month.
_SEASON = np.array([0.01, 0.02, 0.05, 0.15, 0.45, 0.85, 1.0, 0.95, 0.6, 0.2, 0.05, 0.02])
#: Purposes of random numbers.
_FINE, _ROCK, _TEXTURE = 26, 27, 28


def plants(elevation: np.ndarray, precipitation: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vegetation of cells: bare tundra above 5,350 m, barren below 170 mm a year, shrubs and grass above 520 mm.

    Parameters
    ----------
    elevation : (n,) array
        [m].
    precipitation : (n,) array
        Yearly sum [mm].

    Returns
    -------
    vegetation : (n,) array of int
        Class, USGS legend.
    leaf_area : (n, 12) array
        Growing with rain and less with height above 4,800 m; annual means to about 1.1.
    greenness : (n, 12) array
        ``1 - exp(-0.6 LAI)``, the part of the ground that a canopy of random leaves shades.
    """
    vegetation = np.select(
        [elevation > 5350.0, precipitation < 170.0, precipitation > 520.0],
        [_BARE_TUNDRA, _BARREN, _SHRUB_AND_GRASS],
        _GRASSLAND,
    )
    most = np.clip((precipitation - 120.0) / 180.0, 0.05, 3.0) * np.clip((5700.0 - elevation) / 900.0, 0.1, 1.0)
    leaf_area = most[:, None] * _SEASON
    return vegetation, leaf_area, np.clip(1.0 - np.exp(-0.6 * leaf_area), 0.01, 0.96)


def soil_layers(seed: int, longitude: np.ndarray, latitude: np.ndarray, thickness: np.ndarray) -> np.ndarray:
    """Soil class of each layer, by the depth of its middle: fine soil, sandy loam, gravel, bedrock.

    Fine soil (silt loam, loam or sandy loam) reaches to 0.2-1.6 m, sandy loam to two and a half times that depth, and
    bedrock begins at 3-11 m.

    Parameters
    ----------
    seed : int
    longitude, latitude : (n,) arrays
        [degrees].
    thickness : (nz,) array
        [m].

    Returns
    -------
    (n, nz) array of int
    """
    fine = np.maximum(0.8 + 0.9 * smooth_field(seed, _FINE, longitude, latitude, 1.1), 0.2)[:, None]
    rock = 7.0 + 5.0 * smooth_field(seed, _ROCK, longitude, latitude, 1.9)[:, None]
    texture = smooth_field(seed, _TEXTURE, longitude, latitude, 1.3)[:, None]
    top = np.select([texture > 0.2, texture > -0.25], [_SILT_LOAM, _LOAM], _SANDY_LOAM)
    depth = (bottom_depths(thickness) - 0.5 * np.asarray(thickness))[None, :]
    below = np.select([depth < 2.5 * fine, depth < rock], [_SANDY_LOAM, _GRAVEL], _BEDROCK)
    return np.where(depth < fine, top, below)
