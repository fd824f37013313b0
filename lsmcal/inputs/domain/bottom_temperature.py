"""Temperature at the lower boundary of the column, from where a cell lies."""

from __future__ import annotations

import numpy as np

#: Rules by name.
BOTTOM_RULES = ("elevation", "nan2002")
#: Heights beyond which the line with height stays level [m].
BOTTOM_CLIP = (4600.0, 5300.0)


def bottom_temperature(elevation, clip=BOTTOM_CLIP, offset: float = 273.0):
    """The plateau's line with height, ``-0.0063 h + 30.98 + offset``, h clipped (Wu 2016, citing Chen Hao).

    Parameters
    ----------
    elevation : array
        [m].
    clip : (float, float)
        [m]; the published script has 4200 and 5300.
    offset : float
        Kelvin of 0 degC: 273 in the published script, 273.15 to be exact.

    Returns
    -------
    array
        [K].
    """
    return -0.0063 * np.clip(elevation, *clip) + 30.98 + offset


def bottom_temperature_nan2002(elevation, latitude):
    """Mean annual ground temperature of the plateau, ``-0.83 lat - 0.0049 h + 50.63341`` degC (Nan et al. 2002).

    Parameters
    ----------
    elevation, latitude : arrays
        [m], [degrees north].

    Returns
    -------
    array
        [K].
    """
    return -0.83 * np.asarray(latitude) - 0.0049 * np.asarray(elevation) + 50.63341 + 273.15
