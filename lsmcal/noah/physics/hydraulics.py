"""Hydraulic functions of soil with ice.

After Campbell 1974. Ice impedance after Zhang, Sun and Xue 2007 (J. Hydrometeorol. 8, 690) or as Noah 3.4.1 has it
(Koren et al. 1999).
"""

from __future__ import annotations

from lsmcal.noah.runtime import vecmath
from lsmcal.noah.runtime.jit import LANES, formula, kernel

#: Saturation below which the impedance schemes do not let the hydraulic functions fall.
_SATURATION_MIN = 0.01
_TINY = 1e-30


@formula
def campbell(saturation, saturated, exponent):
    """``saturated * saturation**exponent`` of Campbell 1974, zero for dry soil."""
    return saturated * vecmath.exp(exponent * vecmath.log(max(saturation, _TINY)))


@formula
def noah_diffusivity(saturation, porosity, satdw, bb, ice_max):
    """Hydraulic diffusivity of Noah 3.4.1, weighted by the largest ice content of the column [m2 s-1]."""
    exponent = bb + 2.0
    free = campbell(saturation, satdw, exponent)
    blocked = campbell(min(0.05 / porosity, saturation), satdw, exponent)
    scaled = 500.0 * ice_max
    weight = 1.0 / (1.0 + scaled * scaled * scaled)
    return weight * free + (1.0 - weight) * blocked if ice_max > 0.0 else free


@kernel
def hydraulic_functions(layers, column, impedance):
    """Diffusivity and conductivity of every layer at ``liquid_mid`` and ``ice``.

    Parameters
    ----------
    impedance : int
        0: Noah 3.4.1, on liquid water; 1: total water and a factor that decays exponentially with ice content
        (rates per layer); 2: total water and Hansson's ``10**(-7 ice/water)``.
    """
    if impedance == 0:
        _noah_hydraulics(layers, column)
        return
    for k in range(layers.shape[0]):
        layer = layers[k]
        # the logarithm in a loop of its own: in one the processor waits for one function after another
        for j in range(LANES):
            total = layer.liquid_mid[j] + layer.ice[j]
            layer.log_saturation[j] = vecmath.log(max(_SATURATION_MIN, total / layer.porosity[j]))
        if impedance == 1:
            for j in range(LANES):
                ice, bb, logarithm = layer.ice[j], layer.bb[j], layer.log_saturation[j]
                layer.diffusivity[j] = layer.satdw[j] * vecmath.exp(
                    (bb + 2.0) * logarithm - layer.ice_decay_diffusivity[j] * ice
                )
                layer.hydraulic_conductivity[j] = layer.satdk[j] * vecmath.exp(
                    (2.0 * bb + 3.0) * logarithm - layer.ice_decay_conductivity[j] * ice
                )
        else:
            for j in range(LANES):
                ice, bb, logarithm = layer.ice[j], layer.bb[j], layer.log_saturation[j]
                decay = 7.0 * vecmath.LN10 * ice / (layer.liquid_mid[j] + ice)
                layer.diffusivity[j] = layer.satdw[j] * vecmath.exp((bb + 2.0) * logarithm - decay)
                layer.hydraulic_conductivity[j] = layer.satdk[j] * vecmath.exp((2.0 * bb + 3.0) * logarithm - decay)


@kernel
def _noah_hydraulics(layers, column):
    """Hydraulic functions of Noah 3.4.1; the largest ice content of any layer is kept in ``infiltration_max``."""
    for j in range(LANES):
        column.ice_max[j] = 0.0
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            column.ice_max[j] = max(column.ice_max[j], layer.ice[j])
    for k in range(layers.shape[0]):
        layer = layers[k]
        for j in range(LANES):
            saturation = layer.liquid_mid[j] / layer.porosity[j]
            layer.diffusivity[j] = noah_diffusivity(
                saturation, layer.porosity[j], layer.satdw[j], layer.bb[j], column.ice_max[j]
            )
            layer.hydraulic_conductivity[j] = campbell(saturation, layer.satdk[j], 2.0 * layer.bb[j] + 3.0)
