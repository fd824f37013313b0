"""Search engines, one a file; a new one needs a file here and a line in ``ENGINES``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lsmcal.search.protocol import Engine, EngineError, EngineSettings

ENGINES = {
    "openbox": "OpenBox: Bayesian optimisation with a random forest or a Gaussian process",
    "cmaes": "CMA-ES: covariance matrix adaptation evolution strategy",
    "de": "differential evolution (SciPy): a population's differences, recombined",
    "sobol": "scrambled Sobol sequence: even coverage, not adaptive",
    "random": "uniform random points: the baseline",
}


def make(name: str, dimensions: int, **options: object) -> Engine:
    """Build an engine by name.

    Parameters
    ----------
    name : str
        One of ``ENGINES``.
    dimensions : int
        Number of parameters searched.
    **options
        Fields of :class:`~lsmcal.search.protocol.EngineSettings`, and options of the engine itself.

    Raises
    ------
    EngineError
        For an unknown name or option, or when the package behind the engine is not installed.
    """
    if name not in ENGINES:
        raise EngineError(f"unknown search engine {name!r}; known are {', '.join(ENGINES)}")
    chosen: dict[str, Any] = {key: options.pop(key) for key in _SETTINGS if key in options}
    settings = EngineSettings(dimensions, **chosen)
    build = import_module(f"lsmcal.search.engines.{name}").build
    try:
        return build(settings, **options)
    except TypeError as error:
        raise EngineError(f"engine {name}: {error}") from None


_SETTINGS = ("levels", "seed", "batch", "initial", "goals")
