"""Problems with a user's input: collected first, reported all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from lsmcal.core.words import printable

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input.

    Parameters
    ----------
    message : str
        What is wrong, as a sentence without a full stop.
    source : str
        The file (or case key) it was found in.
    variable : str
        Name of the variable or key concerned.
    where : str
        First offending time, line, layer or index.
    value : str
        The offending value as it was read.
    expected : str
        What would have been accepted.
    """

    message: str
    source: str = ""
    variable: str = ""
    where: str = ""
    value: str = ""
    expected: str = ""

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.source, self.variable) if part)
        text = f"{place}: {self.message}" if place else self.message
        if self.where:
            text += f" at {self.where}"
        if self.value:
            missing = self.message in ("no such file", "no such folder")  # "found" would say the contrary
            text += f": {self.value}" if missing else f" (found {self.value})"
        if self.expected:
            text += f"; expected {self.expected}"
        return printable(text)


class InputError(Exception):
    """Raised before anything is run or written; carries every problem found.

    Parameters
    ----------
    problems : list of Problem
    complete : bool
        Nothing else that is wrong with the case needs to be looked for.
    """

    def __init__(self, problems: list[Problem], complete: bool = False):
        self.problems, self.complete = list(problems), complete
        super().__init__(self._text())

    def _text(self) -> str:
        count = len(self.problems)
        head = "1 problem with the input:" if count == 1 else f"{count} problems with the input:"
        return "\n".join([head, *(f"  - {problem}" for problem in self.problems)])


class Problems:
    """Collector that a reader or check fills and the caller raises from."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, message: str, **details: object) -> None:
        """Note one problem; ``details`` are the other fields of :class:`Problem`."""
        self.found.append(Problem(message, **{key: str(value) for key, value in details.items()}))

    def extend(self, other: Problems | InputError) -> None:
        """Take over what another collector or a raised error holds."""
        self.found.extend(other.problems if isinstance(other, InputError) else other.found)

    def raise_if_any(self) -> None:
        """Raise :class:`InputError` with everything collected so far, if anything was."""
        if self.found:
            raise InputError(self.found)


def not_none(value: _Value | None) -> _Value:
    """A value that cannot be None here: whatever would have made it so was refused before.

    Raises
    ------
    TypeError
        Otherwise, an error of the package itself.
    """
    if value is None:
        raise TypeError("None in the place of a value that is known by now")
    return value
