"""Compare what a snippet prints with what its page says."""

from __future__ import annotations

import re

#: Another processor gives other last digits.
RELATIVE = 1e-3
_NUMBER = re.compile(r"(?<![\w.])[-+−]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])")


def missing_lines(expected: str, printed: str) -> list[str]:
    """Lines of the page that the output does not have, in this order.

    Words must agree; numbers agree to 0.1 % or to one unit of the last digit shown. A line ``...`` stands for any
    number of lines, and ``...`` within a line for anything.
    """
    lines = iter([line for line in printed.split("\n") if line.strip()])
    return [
        line
        for line in expected.split("\n")
        if line.strip() not in ("", "...") and not any(same_line(line, other) for other in lines)
    ]


def same_line(expected: str, printed: str) -> bool:
    """Whether a printed line is the one of the page."""
    if "..." in expected:
        parts = [re.escape(" ".join(part.split())) for part in expected.split("...")]
        return re.fullmatch(".*".join(parts), " ".join(printed.split())) is not None
    if set(expected.strip()) == {"─"}:
        return set(printed.strip()) == {"─"}
    if _words(expected) != _words(printed):
        return False
    numbers = zip(_NUMBER.findall(expected), _NUMBER.findall(printed), strict=True)
    return all(_same_number(*pair) for pair in numbers)


def _words(line: str) -> list[str]:
    return _NUMBER.sub(" # ", line).split()


def _same_number(expected: str, printed: str) -> bool:
    wanted, found = (float(text.replace(",", "").replace("−", "-")) for text in (expected, printed))
    mantissa, _, exponent = expected.lower().replace(",", "").partition("e")
    digits = len(mantissa.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - digits) if digits or exponent else 0.0
    return abs(wanted - found) <= max(RELATIVE * abs(wanted), unit) * (1.0 + 1e-9)
