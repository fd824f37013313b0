"""Words of messages: numbers with their nouns, and texts of others without what would steer a terminal."""

from __future__ import annotations

import re
from typing import SupportsInt

#: Control characters but for the end of a line and the tabulator; marks that turn the direction of a line; other ends
#: of a line; halves of a pair, as names of files may have.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


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


def printable(text: str) -> str:
    """A text as it may be shown: control characters as escapes such as ``\\x1b``, all else as it is.

    Names, headers and values come from files of others. A raw control character could rewrite the screen, or the line.
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def json_safe(text: str) -> str:
    """JSON or TOML without raw control characters: those that both allow in a string become ``\\u007f``."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
