"""Search the parameters of any model: resumable, reproducible to the bit, with its analyses.

This library knows no land model. :func:`optimise` takes a Python function and bounds; a
:class:`SearchResult` holds the trials and answers what they mean. Modules load when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsmcal.core.errors import InputError
    from lsmcal.search.engines import ENGINES
    from lsmcal.search.function import SearchOptions, optimise
    from lsmcal.search.goals import SearchGoal
    from lsmcal.search.history import History, HistoryError, Trial
    from lsmcal.search.loop import Outcome, SearchError
    from lsmcal.search.protocol import EngineError
    from lsmcal.search.result import SearchResult

_HOMES = {
    "ENGINES": "lsmcal.search.engines",
    "EngineError": "lsmcal.search.protocol",
    "History": "lsmcal.search.history",
    "HistoryError": "lsmcal.search.history",
    "InputError": "lsmcal.core.errors",
    "Outcome": "lsmcal.search.loop",
    "SearchError": "lsmcal.search.loop",
    "SearchGoal": "lsmcal.search.goals",
    "SearchOptions": "lsmcal.search.function",
    "SearchResult": "lsmcal.search.result",
    "Trial": "lsmcal.search.history",
    "optimise": "lsmcal.search.function",
}

__all__ = [
    "ENGINES",
    "EngineError",
    "History",
    "HistoryError",
    "InputError",
    "Outcome",
    "SearchError",
    "SearchGoal",
    "SearchOptions",
    "SearchResult",
    "Trial",
    "optimise",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
