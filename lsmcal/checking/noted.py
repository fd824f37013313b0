"""How the problems of one check join those of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from lsmcal.case.checks.partial import Faulty
from lsmcal.core.errors import InputError, Problems

T = TypeVar("T")


@contextmanager
def noted(problems: Problems) -> Iterator[None]:
    """Problems of one check are added to the others; it ends quietly where it needs an invalid key."""
    try:
        yield
    except InputError as error:
        problems.extend(error)
    except Faulty:
        pass


def collected(problems: Problems, action: Callable[[], T]) -> T | None:
    """Result of an action; None where :func:`noted` ends it."""
    with noted(problems):
        return action()
    return None
