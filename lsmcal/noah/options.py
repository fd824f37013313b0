"""Choices of the model that the kernels test at run time, outside the lane loops."""

from __future__ import annotations

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
    time_weight : float
        Weight of the new state in the heat equation.
    """

    impedance: int
    frozen_ground: bool
    stable_capped: bool
    heat_limit: bool
    freezing_converged: bool
    snow_conserved: bool
    time_weight: float
