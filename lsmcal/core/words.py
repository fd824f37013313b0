"""Numbers with their nouns in messages."""

from __future__ import annotations

from typing import SupportsInt


def counted(number: SupportsInt, noun: str, style: str = "") -> str:
    """A number with its noun, in the singular for 1: ``1 cell``, ``2 cells``.

    Parameters
    ----------
    number : int
    noun : str
        In the singular; its plural ends on s.
    style : str
        Format of the number, such as ``,``.
    """
    return f"{int(number):{style}} {noun}" + ("" if int(number) == 1 else "s")


def agreeing(number: SupportsInt, singular: str, plural: str) -> str:
    """The form of a verb that goes with a number: ``agreeing(1, "is", "are")`` is ``is``."""
    return singular if int(number) == 1 else plural
