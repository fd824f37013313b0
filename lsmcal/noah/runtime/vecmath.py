"""Elementary functions as plain arithmetic, so that lane loops that use them become vector code.

numba's ``math.exp`` and friends are scalar library calls that stop vectorisation. These reach about 1e-15
relative (``power`` 1e-14) from additions and multiplications alone and give the same bits on equal processors.
Arguments are finite; logarithms need normal positive numbers.

Sources: argument reduction by the constant 1.5 * 2**52; the polynomials for log and atan are those of fdlibm. That of
exp is evaluated in short independent chains (Estrin), since waiting for one another costs more than the operations.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types
from numba.extending import intrinsic

from lsmcal.noah.runtime.jit import JIT_DISABLED, formula

LN10 = math.log(10.0)
_ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to an integer held in the low bits
_TWO52 = 4503599627370496.0
_TWO52_BITS = 0x4330000000000000
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
# Factors of r**3 to r**11 in exp(r): Chebyshev interpolation of (exp(r) - 1 - r) / r**2, |r| <= 0.3467, off by 2e-17.
_E3, _E4, _E5 = 0.16666666666666669, 0.04166666666662403, 0.008333333333329996
_E6, _E7, _E8 = 0.001388888891725905, 0.00019841269863231262, 2.4801521226300482e-05
_E9, _E10, _E11 = 2.755726828353697e-06, 2.762012143723821e-07, 2.5100445430155845e-08

if JIT_DISABLED:

    def _bits(x):
        return int(np.float64(x).view(np.int64))

    def _double(i):
        return float(np.uint64(i & 0xFFFFFFFFFFFFFFFF).view(np.float64))

else:
    from llvmlite import ir

    @intrinsic
    def _bits(typingctx, x):
        """Bits of a double as a 64-bit integer."""

        def codegen(context, builder, signature, args):
            return builder.bitcast(args[0], ir.IntType(64))

        return types.int64(types.float64), codegen

    @intrinsic
    def _double(typingctx, i):
        """Double that has the given bits."""

        def codegen(context, builder, signature, args):
            return builder.bitcast(args[0], ir.DoubleType())

        return types.float64(types.int64), codegen


@formula
def exp(x):
    """Exponential of x; below -708 it stays at exp(-708), about 3e-308."""
    x = min(max(x, -708.0), 709.0)
    shifted = x * 1.4426950408889634 + _ROUND
    n = shifted - _ROUND
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    r2 = r * r
    low = (0.5 + _E3 * r) + r2 * (_E4 + _E5 * r)
    high = (_E6 + _E7 * r) + r2 * (_E8 + _E9 * r)
    r4 = r2 * r2
    high = high + r4 * (_E10 + _E11 * r)
    p = 1.0 + (r + r2 * (low + r4 * high))
    # the integer sits in the low mantissa bits of `shifted`; moved up, it is the exponent
    return p * _double((_bits(shifted) + 1023) << 52)


@formula
def _mantissa_less_one(x):
    """f in [sqrt(1/2) - 1, sqrt(2) - 1] with x = (1 + f) 2**k."""
    bits = _bits(x)
    return _double(bits - ((_raised_exponent(bits) - 1024) << 52)) - 1.0


@formula
def _raised_exponent(bits):
    # biased by 1024 so that a logical shift serves: AVX2 has no arithmetic one for 64 bits
    return ((bits - _SQRT_HALF_BITS) + (1024 << 52)) >> 52


@formula
def _exponent(x):
    """k of :func:`_mantissa_less_one` as a float."""
    return _double(_raised_exponent(_bits(x)) + _TWO52_BITS) - (_TWO52 + 1024.0)


@formula
def _log_from(f, s, k):
    """Logarithm of (1 + f) 2**k with s = f / (2 + f)."""
    z = s * s
    w = z * z
    odd = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    even = z * (
        6.666666666666735130e-01
        + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    )
    half = 0.5 * f * f
    return k * _LN2_HIGH - ((half - (s * (half + odd + even) + k * _LN2_LOW)) - f)


@formula
def log(x):
    """Natural logarithm of a normal positive x."""
    f = _mantissa_less_one(x)
    return _log_from(f, f / (2.0 + f), _exponent(x))


@formula
def log_pair(x, y):
    """Natural logarithms of two normal positive numbers with one division, which is slower than all the rest."""
    f, g = _mantissa_less_one(x), _mantissa_less_one(y)
    below_f, below_g = 2.0 + f, 2.0 + g
    inverse = 1.0 / (below_f * below_g)
    return _log_from(f, f * (below_g * inverse), _exponent(x)), _log_from(g, g * (below_f * inverse), _exponent(y))


@formula
def power(x, y):
    """x to the power y for positive x."""
    return exp(y * log(x))


@formula
def log10(x):
    """Decimal logarithm of a normal positive x."""
    return log(x) * 0.43429448190325182765


@formula
def atan(x):
    """Arc tangent of a non-negative x."""
    inverted = x > 1.0
    t = 1.0 / x if inverted else x
    turned = t > 0.4142135623730950488
    t = (t - 1.0) / (t + 1.0) if turned else t
    z = t * t
    w = z * z
    s1 = z * (
        3.33333333333329318027e-01
        + w
        * (
            1.42857142725034663711e-01
            + w
            * (
                9.09088713343650656196e-02
                + w * (6.66107313738753120669e-02 + w * (4.97687799461593236017e-02 + w * 1.62858201153657823623e-02))
            )
        )
    )
    s2 = w * (
        -1.99999999998764832476e-01
        + w
        * (
            -1.11111104054623557880e-01
            + w * (-7.69187620504482999495e-02 + w * (-5.83357013379057348645e-02 + w * -3.65315727442169155270e-02))
        )
    )
    angle = t - t * (s1 + s2)
    angle = angle + 0.78539816339744830962 if turned else angle
    return 1.57079632679489661923 - angle if inverted else angle


@formula
def mark(x):
    """Non-zero integer unless x is positive zero; gathered with ``|``, it tells whether any lane is marked."""
    return _bits(x)


@formula
def to_index(x):
    """Integer part of x in [0, 2**31) as an array index."""
    return (_bits(math.floor(x) + _TWO52)) & 0x7FFFFFFF
