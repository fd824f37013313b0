"""Scores of a simulation against observations, blind to missing values.

Every score takes ``(observed, simulated)``, drops the pairs in which either is not finite, reduces along one
axis and gives NaN where it is undefined (no pairs, constant observations). ``pairs`` counts what was used.
"""

from __future__ import annotations

import numpy as np

CLIMATOLOGY_WINDOW = 15
LEAP_DAYS = 366
#: Least and greatest value there can be of what is searched, by its name in a history.
LIMITS = {
    "nse": (-np.inf, 1.0),
    "kge": (-np.inf, 1.0),
    "skill": (-np.inf, 1.0),
    "rmse": (0.0, np.inf),
    "NSE": (-np.inf, 1.0),
    "Kappa": (-1.0, 1.0),
    "RMSE [m]": (0.0, np.inf),
    "RMSE [K]": (0.0, np.inf),
}


def _paired(*arrays: np.ndarray) -> list[np.ndarray]:
    """Broadcast together, as float64, with NaN wherever any of them is not finite."""
    arrays = tuple(np.broadcast_arrays(*(np.asarray(array, dtype=np.float64) for array in arrays)))
    whole = np.logical_and.reduce([np.isfinite(array) for array in arrays])
    return [np.where(whole, array, np.nan) for array in arrays]


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean of the finite values along ``axis`` (kept, length 1); NaN where there is none."""
    finite = np.isfinite(values)
    total = np.where(finite, values, 0.0).sum(axis=axis, keepdims=True)
    return _ratio(total, finite.sum(axis=axis, keepdims=True))


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient, NaN where the denominator is zero."""
    whole = denominator != 0
    return np.where(whole, numerator / np.where(whole, denominator, 1.0), np.nan)


def _variance(off: np.ndarray, mean: np.ndarray, axis: int) -> np.ndarray:
    """Mean square of the deviations; exactly 0 where they are no more than the rounding of the mean."""
    variance = _mean(off**2, axis)
    return np.where(variance <= (4 * np.finfo(float).eps * mean) ** 2, 0.0, variance)


def _moments(observed: np.ndarray, simulated: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
    """Means, variances (population) and covariance of the pairs; axis removed."""
    observed, simulated = _paired(observed, simulated)
    mean_o, mean_s = _mean(observed, axis), _mean(simulated, axis)
    off_o, off_s = observed - mean_o, simulated - mean_s
    var_o, var_s = _variance(off_o, mean_o, axis), _variance(off_s, mean_s, axis)
    moments = (mean_o, mean_s, var_o, var_s, _mean(off_o * off_s, axis))
    return tuple(np.squeeze(moment, axis=axis) for moment in moments)


def pairs(observed: np.ndarray, simulated: np.ndarray, axis: int = 0) -> np.ndarray:
    """Number of pairs in which both values are finite.

    Parameters
    ----------
    observed, simulated : array_like
        Broadcast against each other.
    axis : int
        The axis that is reduced, usually time.

    Returns
    -------
    ndarray of int
        Shape of the arrays without ``axis``.
    """
    return np.isfinite(_paired(observed, simulated)[0]).sum(axis=axis)


def mbe(observed: np.ndarray, simulated: np.ndarray, axis: int = 0) -> np.ndarray:
    """Mean bias error, simulated minus observed, in the unit of the data."""
    observed, simulated = _paired(observed, simulated)
    return np.squeeze(_mean(simulated - observed, axis), axis=axis)


def mse(observed: np.ndarray, simulated: np.ndarray, axis: int = 0) -> np.ndarray:
    """Mean squared error, in the unit of the data squared."""
    observed, simulated = _paired(observed, simulated)
    return np.squeeze(_mean((simulated - observed) ** 2, axis), axis=axis)


def rmse(observed: np.ndarray, simulated: np.ndarray, axis: int = 0) -> np.ndarray:
    """Root mean squared error, in the unit of the data."""
    return np.sqrt(mse(observed, simulated, axis))


def nse(observed: np.ndarray, simulated: np.ndarray, axis: int = 0) -> np.ndarray:
    """Nash-Sutcliffe efficiency, ``1 - sum (s - o)^2 / sum (o - mean o)^2``.

    1 is perfect, 0 as good as the mean of the observations. NaN where the observations do not vary.

    References
    ----------
    Nash and Sutcliffe 1970, J. Hydrology 10, 282-290.
    """
    variance = _moments(observed, simulated, axis)[2]
    return 1.0 - _ratio(mse(observed, simulated, axis), variance)


def correlation(observed: np.ndarray, simulated: np.ndarray, axis: int = 0) -> np.ndarray:
    """Pearson's correlation R of the pairs; NaN where either does not vary."""
    _, _, var_o, var_s, covariance = _moments(observed, simulated, axis)
    return _ratio(covariance, np.sqrt(var_o * var_s))


def kge(observed: np.ndarray, simulated: np.ndarray, axis: int = 0, variant: str = "2009") -> np.ndarray:
    """Kling-Gupta efficiency, ``1 - sqrt((R - 1)^2 + (variability - 1)^2 + bias^2)``.

    Parameters
    ----------
    variant : {"2009", "2012", "2021"}
        ``2009``, the default: variability is the ratio of standard deviations, bias the ratio of means
        less 1. ``2012``: variability is the ratio of the coefficients of variation. ``2021``: as 2009, with
        the difference of the means over the observed standard deviation as bias. Means near zero (soil
        temperature in degrees Celsius where there is permafrost) make the first two meaningless: use 2021.

    References
    ----------
    Gupta et al. 2009, J. Hydrology 377, 80-91; Kling et al. 2012, J. Hydrology 424, 264-277;
    Tang et al. 2021, J. Climate 34, 6493-6511.
    """
    mean_o, mean_s, var_o, var_s, covariance = _moments(observed, simulated, axis)
    sd_o, sd_s = np.sqrt(var_o), np.sqrt(var_s)
    variability, bias = _ratio(sd_s, sd_o), _ratio(mean_s, mean_o) - 1.0
    if variant == "2012":
        variability = _ratio(variability, bias + 1.0)
    elif variant == "2021":
        bias = _ratio(mean_s - mean_o, sd_o)
    elif variant != "2009":
        raise ValueError(f"unknown variant {variant!r} of KGE; known are 2009, 2012, 2021")
    shape = _ratio(covariance, sd_o * sd_s) - 1.0
    return 1.0 - np.sqrt(shape**2 + (variability - 1.0) ** 2 + bias**2)


def skill(observed: np.ndarray, simulated: np.ndarray, reference: np.ndarray, axis: int = 0) -> np.ndarray:
    """Skill against another prediction, ``1 - MSE / MSE of the reference``, over their common pairs.

    1 is perfect, 0 as good as the reference, negative worse. With the mean of the observations as reference
    it is NSE; with a day-of-year climatology it asks for more than a seasonal curve.

    References
    ----------
    Murphy 1988, Mon. Weather Rev. 116, 2417-2424.
    """
    observed, simulated, reference = _paired(observed, simulated, reference)
    return 1.0 - _ratio(mse(observed, simulated, axis), mse(observed, reference, axis))


def day_of_leap_year(time: np.ndarray) -> np.ndarray:
    """Day in a calendar of 366 days, counted from 0; 1 March is day 60 in every year, 29 February is day 59.

    Parameters
    ----------
    time : (n,) datetime64

    Returns
    -------
    (n,) ndarray of int
    """
    days = np.asarray(time).astype("datetime64[D]")
    month = days.astype("datetime64[M]")
    first = np.cumsum([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30])
    return first[month.astype(np.int64) % 12] + (days - month.astype("datetime64[D]")).astype(np.int64)


def day_of_year_climatology(time: np.ndarray, values: np.ndarray, window: int = CLIMATOLOGY_WINDOW) -> np.ndarray:
    """Mean of every day of the year over the years given, smoothed by a moving window around the year.

    Each day is the mean of all finite values that fall within the window about it, whatever their year, so
    that years and days with more values weigh more. 29 February is a day of its own, to which its neighbours
    contribute through the window; years without it leave it empty. The year is closed: January follows
    December.

    Parameters
    ----------
    time : (n,) datetime64
        Time of each value; give the calibration years only.
    values : (n, ...) array_like
        NaN where missing.
    window : int
        Width in days, odd. The default of 15 days keeps a seasonal curve and takes out the weather.

    Returns
    -------
    (366, ...) ndarray
        NaN where no value lies in the window. :func:`climatology_at` reads it.
    """
    if window < 1 or window % 2 == 0:
        raise ValueError(f"the window must be an odd number of days, not {window}")
    values = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values)
    total, count = np.zeros((2, LEAP_DAYS, *values.shape[1:]))
    slot = day_of_leap_year(time)
    np.add.at(total, slot, np.where(finite, values, 0.0))
    np.add.at(count, slot, finite)
    shifts = range(-(window // 2), window // 2 + 1)
    return _ratio(
        np.asarray(sum(np.roll(total, shift, axis=0) for shift in shifts)),
        np.asarray(sum(np.roll(count, shift, axis=0) for shift in shifts)),
    )


def climatology_at(climatology: np.ndarray, time: np.ndarray) -> np.ndarray:
    """The climatology's value for each time: the reference prediction for :func:`skill`, (n, ...)."""
    return climatology[day_of_leap_year(time)]
