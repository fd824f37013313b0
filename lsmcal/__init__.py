"""Calibration of a permafrost land-surface model against what can be observed.

A numba port of the modified Noah soil column, the tools to calibrate it at a site or over a map, and the
commands to run both. Everything a verb of the ``lsmcal`` command does is one call of this package.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("lsmcal")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
