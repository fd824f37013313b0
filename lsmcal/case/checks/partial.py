"""Sections with faults: what can be checked of them, and what has been said already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from lsmcal.case.messages import Complaints
from lsmcal.case.sections.calibrate import Calibrate
from lsmcal.case.types import Section

#: Keys whose faults the generator and the search space would report once more.
_SAID_AGAIN = {"forcing": {"years", "climate"}, "calibrate": set(Calibrate.model_fields)}
#: Stand-ins for required keys, so that the rest of a invalid section can be read; never looked at.
_STAND_INS = {"latitude": 0.0, "longitude": 0.0, "vegetation": 1, "soil": 1}


class Faulty(Exception):
    """A check needs a key that has been complained about already."""


class Partial:
    """What can be read of a invalid section; a invalid key stops the check that looks at it, and no other."""

    def __init__(self, section: Section | None, invalid: set[str]):
        self._section, self._invalid = section, invalid

    @classmethod
    def of(cls, model: type[Section], given: Mapping[str, object], invalid: set[str]) -> Partial:
        """Read a section without its invalid keys."""
        rest = {name: value for name, value in given.items() if name not in invalid}
        rest |= {name: value for name, value in _STAND_INS.items() if name in invalid and name in model.model_fields}
        try:
            return cls(model.model_validate(rest), invalid)
        except ValidationError:
            return cls(None, invalid)

    @classmethod
    def besides(cls, section: Section | Partial, invalid: set[str]) -> Partial:
        """A section with further keys that nothing should look at."""
        if isinstance(section, Partial):
            return cls(section._section, section._invalid | invalid)
        return cls(section, invalid)

    def __getattr__(self, name: str):
        made_of = getattr(self._section, "MADE_OF", {}).get(name, (name,))
        if self._section is None or not self._invalid.isdisjoint(made_of):
            raise Faulty(name)
        return getattr(self._section, name)


def check_sections(sections: dict[str, Section | Partial | None], complaints: Complaints, checks: Iterable) -> None:
    """Note everything that is wrong between keys; what would only say so again then looks at none of those.

    Parameters
    ----------
    sections : dict
    complaints : Complaints
    checks : iterable of (names of sections, function)
        A check is left out where one of its sections is absent.
    """
    for names, check in checks:
        given = [sections.get(name) for name in names]
        if any(section is None for section in given):
            continue
        try:
            check(*given, complaints)
        except Faulty:
            continue
    for name, kept in _SAID_AGAIN.items():
        section = sections.get(name)
        if section is not None and (invalid := complaints.keys_of(name) & kept):
            sections[name] = Partial.besides(section, invalid)
