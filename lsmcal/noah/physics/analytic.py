"""Exact solutions of heat and water in a uniform half space, for tests and for users who want a yardstick.

Depths are positive downward, temperatures in K, times in s. Nothing here depends on the column.

Sources: Carslaw and Jaeger 1959 (conduction, sections 2.5, 2.6 and 11.2); Lunardini 1981 (freezing);
Campbell 1974 and Sisson, Ferguson and van Genuchten 1980 (gravity drainage).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lsmcal.noah.physics.constants import L_FUSION, RHO_WATER, T0

_erf = np.vectorize(math.erf, otypes=[np.float64])
_erfc = np.vectorize(math.erfc, otypes=[np.float64])
_BISECTIONS = 200


def damping_depth(period, conductivity, heat_capacity) -> float:
    """Depth at which a temperature wave has fallen to 1/e [m]: ``sqrt(conductivity period / (pi heat_capacity))``.

    Parameters
    ----------
    period : float
        Period of the wave [s].
    conductivity : float
        Thermal conductivity [W m-1 K-1].
    heat_capacity : float
        Volumetric heat capacity [J m-3 K-1].
    """
    return math.sqrt(conductivity * period / (math.pi * heat_capacity))


def periodic_conduction(depth, time, mean, amplitude, period, conductivity, heat_capacity) -> np.ndarray:
    """Temperature wave in a half space with ``mean + amplitude sin(2 pi t / period)`` at its surface [K].

    ``T = mean + amplitude exp(-z/d) sin(2 pi t/period - z/d)`` with the damping depth d. Carslaw and Jaeger 1959, 2.6.

    Parameters
    ----------
    depth, time : array or float
        Broadcast against each other [m], [s].
    mean, amplitude : float
        Mean and amplitude at the surface [K].
    period, conductivity, heat_capacity : float
        As in :func:`damping_depth`.
    """
    relative = np.asarray(depth, np.float64) / damping_depth(period, conductivity, heat_capacity)
    phase = 2.0 * np.pi * np.asarray(time, np.float64) / period
    return mean + amplitude * np.exp(-relative) * np.sin(phase - relative)


def step_conduction(depth, time, surface, initial, conductivity, heat_capacity) -> np.ndarray:
    """Temperature in a half space of ``initial`` temperature whose surface jumps to ``surface`` at time 0 [K].

    ``T = surface + (initial - surface) erf(z / sqrt(4 a t))`` with the diffusivity a. Carslaw and Jaeger 1959, 2.5.

    Parameters
    ----------
    depth, time : array or float
        Broadcast against each other; times positive.
    surface, initial : float
        Temperatures [K].
    conductivity, heat_capacity : float
    """
    diffusivity = conductivity / heat_capacity
    reach = np.sqrt(4.0 * diffusivity * np.asarray(time, np.float64))
    return surface + (initial - surface) * _erf(np.asarray(depth, np.float64) / reach)


def decaying_mode(depth, time, surface, amplitude, thickness, conductivity, heat_capacity) -> np.ndarray:
    """Slowest mode of a slab with a fixed surface temperature and an insulated bottom [K].

    ``T = surface + amplitude sin(k z) exp(-a k**2 t)`` with ``k = pi / (2 thickness)`` and the diffusivity a.

    Parameters
    ----------
    depth, time : array or float
        Broadcast against each other.
    surface, amplitude : float
        Surface temperature and initial excess at the bottom [K].
    thickness : float
        Thickness of the slab [m].
    conductivity, heat_capacity : float
    """
    wave = math.pi / (2.0 * thickness)
    rate = conductivity / heat_capacity * wave * wave
    decay = np.exp(-rate * np.asarray(time, np.float64))
    return surface + amplitude * np.sin(wave * np.asarray(depth, np.float64)) * decay


@dataclass(frozen=True)
class Neumann:
    """Freezing of a half space from its surface: Neumann's solution, a sharp front at T0.

    The front stands at ``X = 2 m sqrt(a_f t)``; the number m solves (Carslaw and Jaeger 1959, 11.2)
    ``exp(-m**2)/erf(m) - r k_u/k_f (Ti - T0)/(T0 - Ts) exp(-(r m)**2)/erfc(r m) = sqrt(pi) m latent/(C_f (T0 - Ts))``
    with ``r = sqrt(a_f/a_u)``, diffusivities a, conductivities k and heat capacities C, frozen f and thawed u.

    Parameters
    ----------
    surface, initial : float
        Temperature of the surface from time 0, below T0, and of the ground before, not below T0 [K].
    conductivity_frozen, conductivity_thawed : float
        [W m-1 K-1]
    capacity_frozen, capacity_thawed : float
        [J m-3 K-1]
    water : float
        Water that freezes [m3 m-3].

    Raises
    ------
    ValueError
        For temperatures on the wrong side of T0, or without water to freeze.
    """

    surface: float
    initial: float
    conductivity_frozen: float
    conductivity_thawed: float
    capacity_frozen: float
    capacity_thawed: float
    water: float

    def __post_init__(self) -> None:
        if not self.surface < T0 <= self.initial:
            raise ValueError(f"need surface < {T0} K <= initial, got {self.surface} and {self.initial} K")
        if not self.water > 0.0:
            raise ValueError(f"water = {self.water}: nothing to freeze")

    @property
    def latent(self) -> float:
        """Latent heat by volume of ground [J m-3]."""
        return self.water * RHO_WATER * L_FUSION

    @property
    def diffusivity_frozen(self) -> float:
        """Thermal diffusivity above the front [m2 s-1]."""
        return self.conductivity_frozen / self.capacity_frozen

    @property
    def diffusivity_thawed(self) -> float:
        """Thermal diffusivity below the front [m2 s-1]."""
        return self.conductivity_thawed / self.capacity_thawed

    def _excess(self, m: float) -> float:
        """Heat removed through the frozen side less heat arriving and released at the front, scaled; falls with m."""
        cold = T0 - self.surface
        r = math.sqrt(self.diffusivity_frozen / self.diffusivity_thawed)
        warm = r * self.conductivity_thawed / self.conductivity_frozen * (self.initial - T0) / cold
        below = math.erfc(r * m)
        arriving = warm * math.exp(-((r * m) ** 2)) / below if below > 0.0 and warm > 0.0 else 0.0
        released = math.sqrt(math.pi) * m * self.latent / (self.capacity_frozen * cold)
        return math.exp(-m * m) / math.erf(m) - arriving - released

    @property
    def front_number(self) -> float:
        """The number m, by bisection."""
        low, high = 1e-12, 5.0
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self._excess(middle) > 0.0 else (low, middle)
        return 0.5 * (low + high)

    def front(self, time) -> np.ndarray:
        """Depth of the front [m]."""
        return 2.0 * self.front_number * np.sqrt(self.diffusivity_frozen * np.asarray(time, np.float64))

    def temperature(self, depth, time) -> np.ndarray:
        """Temperature [K]; depth [m] and time [s] broadcast against each other."""
        depth, time = np.broadcast_arrays(np.asarray(depth, np.float64), np.asarray(time, np.float64))
        m = self.front_number
        r = math.sqrt(self.diffusivity_frozen / self.diffusivity_thawed)
        frozen = _erf(depth / np.sqrt(4.0 * self.diffusivity_frozen * time)) / math.erf(m)
        thawed = _erfc(depth / np.sqrt(4.0 * self.diffusivity_thawed * time)) / math.erfc(r * m)
        above = self.surface + (T0 - self.surface) * frozen
        below = self.initial - (self.initial - T0) * thawed
        return np.where(depth < self.front(time), above, below)

    def heat_taken(self, time) -> np.ndarray:
        """Heat that has left through the surface since time 0 [J m-2]."""
        per_root = 2.0 * self.conductivity_frozen * (T0 - self.surface) / math.erf(self.front_number)
        return per_root * np.sqrt(np.asarray(time, np.float64) / (math.pi * self.diffusivity_frozen))


def stefan_front(time, surface, conductivity_frozen, water) -> np.ndarray:
    """Stefan's approximation of the freezing front [m]: ``sqrt(2 k_f (T0 - Ts) t / latent)``.

    It neglects every heat but the latent one and is therefore an upper limit of :meth:`Neumann.front`.
    For thawing take the thawed conductivity and a surface as far above T0 as it is below here.

    Parameters
    ----------
    time : array or float
    surface : float
        Surface temperature, below T0 [K].
    conductivity_frozen : float
    water : float
        Water that freezes [m3 m-3].
    """
    latent = water * RHO_WATER * L_FUSION
    return np.sqrt(2.0 * conductivity_frozen * (T0 - surface) * np.asarray(time, np.float64) / latent)


def steady_water(flux, porosity, satdk, bb) -> np.ndarray:
    """Water content at which gravity alone carries ``flux`` through unfrozen ground [m3 m-3].

    ``K(theta) = flux`` with Campbell's ``K = satdk (theta/porosity)**(2 bb + 3)``: the state that a constant flux,
    below satdk, tends to in a freely draining column.

    Parameters
    ----------
    flux, porosity, satdk, bb : array or float
        [m s-1], [m3 m-3], [m s-1], [1]
    """
    return porosity * (np.asarray(flux, np.float64) / satdk) ** (1.0 / (2.0 * bb + 3.0))


def gravity_drainage(depth, time, initial, porosity, satdk, bb) -> np.ndarray:
    """Water content of a uniform column that drains by gravity alone (unit gradient), no flux from above [m3 m-3].

    Each water content travels down with ``dK/dtheta``, hence ``z/t = dK/dtheta`` above the drainage front and
    ``initial`` below it. Sisson, Ferguson and van Genuchten 1980 with Campbell's conductivity.

    Parameters
    ----------
    depth, time : array or float
        Broadcast against each other; times positive.
    initial : float
        Water content at time 0 [m3 m-3].
    porosity, satdk, bb : float
    """
    speed = np.asarray(depth, np.float64) / np.asarray(time, np.float64)
    exponent = 2.0 * bb + 3.0
    carried = porosity * (speed * porosity / (exponent * satdk)) ** (1.0 / (exponent - 1.0))
    return np.minimum(carried, initial)


def drained_storage(depth, time, initial, porosity, satdk, bb) -> np.ndarray:
    """Water above ``depth`` in the column of :func:`gravity_drainage` [m].

    ``z theta - t K(theta)`` by parts once the front has passed the depth; before that, the initial water less what
    ``K(initial)`` has carried away.

    Parameters
    ----------
    depth, time, initial, porosity, satdk, bb
        As in :func:`gravity_drainage`.
    """
    water = gravity_drainage(depth, time, initial, porosity, satdk, bb)
    carried = np.asarray(time, np.float64) * satdk * (water / porosity) ** (2.0 * bb + 3.0)
    return np.asarray(depth, np.float64) * water - carried
