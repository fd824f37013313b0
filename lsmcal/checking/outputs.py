"""The files of an output folder: whether each is whole, and of the case."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lsmcal.calibration.batch import look_at_simulation
from lsmcal.calibration.run_search import HISTORY
from lsmcal.case import Case
from lsmcal.checking.expected import Expected
from lsmcal.core.checksums import look_at_netcdf
from lsmcal.core.errors import InputError, Problems
from lsmcal.core.files import SUMS, damage_of, read_sums
from lsmcal.core.folder_lock import LEASE, LOCK
from lsmcal.core.words import agreeing, counted
from lsmcal.evaluation.scores import LIMITS
from lsmcal.inputs.gridded.packed import PackedForcing
from lsmcal.inputs.gridded.packed_header import HEADER
from lsmcal.parallel.store_files import DamagedStore, StoreError, examine, recorded_case
from lsmcal.search.history import load_history
from lsmcal.search.lines import HistoryError

OK, DAMAGED, MISSING, OTHER = "ok", "damaged", "missing", "other case"
UNSEALED, UNCHECKED = "no checksum", "not checked"
#: Seconds to wait for a process that writes checkpoints.
_WAIT = 2.0


@dataclass(frozen=True)
class CheckedFile:
    """What became of a look at one file.

    Parameters
    ----------
    name : str
        Relative to the output folder.
    state : str
        "ok"; "damaged"; "missing"; "other case": made by another case; "no checksum": can be read, an earlier version
        wrote it; "not checked": pages, figures and logs.
    note : str
        What is wrong, or what the file holds.
    """

    name: str
    state: str
    note: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether something has to be done; equilibria of other cases may stay."""
        return self.state in (DAMAGED, MISSING) or (self.state == OTHER and not _is_equilibrium(self.name))


def check_outputs(case: Case) -> list[CheckedFile]:
    """Read every file in the output folder of a case, and compare checksums and fingerprints. Nothing is changed.

    Parameters
    ----------
    case : Case

    Returns
    -------
    list of CheckedFile
        In the order of their names.

    Raises
    ------
    InputError
        When there is no output folder; with every problem of a case whose files cannot be read.
    """
    folder = Path(case.output_folder)
    if not folder.is_dir():
        problems = Problems()
        problems.add("there are no results to check", source=folder, expected=f"the folder of lsmcal run {case.source}")
        problems.raise_if_any()
    return sorted(_Outputs(case, folder).checked(), key=lambda file: file.name)


@dataclass(frozen=True)
class _Outputs:
    case: Case
    folder: Path

    @cached_property
    def expected(self) -> Expected:
        return Expected(self.case)

    def checked(self) -> Iterator[CheckedFile]:
        """Every file but locks and logs, and those that are missing."""
        paths = [path for path in sorted(self.folder.rglob("*")) if path.is_file()]
        paths = [path for path in paths if not path.name.startswith((LOCK, LEASE))]
        packed = {path.parent for path in paths if path.name == HEADER}
        for path in paths:
            if path.parent not in packed:
                yield self._look(path)
        for place in sorted(packed):
            yield self._packed(place)
        yield from self._missing({self._name(path) for path in paths})

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _look(self, path: Path) -> CheckedFile:
        kinds: tuple[tuple[str, Callable[[Path, str], CheckedFile]], ...] = (
            (HISTORY, self._history),
            ("rank-*.sqlite", self._store),
            ("*.nc", self._netcdf),
            ("*.npz", self._simulation),
            (SUMS, self._sums),
        )
        name = self._name(path)
        for pattern, look in kinds:
            if path.match(pattern) and not path.name.startswith("."):
                try:
                    return look(path, name)
                except OSError as error:
                    return CheckedFile(name, DAMAGED, f"cannot be read: {error.strerror}")
        return self._listed(path, name)

    # -- kinds of files -----------------------------------------------------------------------------------------------
    def _netcdf(self, path: Path, name: str) -> CheckedFile:
        found = look_at_netcdf(path)
        if found.damage:
            return CheckedFile(name, DAMAGED, f"{found.damage}; {_again(name)}")
        wanted, stated = self.expected.fingerprint(name), str(found.attributes.get("fingerprint", ""))
        if name == "screening/screening.nc":
            stated = str(json.loads(str(found.attributes.get("about", "{}"))).get("fingerprint", ""))
        if wanted and stated and stated != wanted:
            return CheckedFile(name, OTHER, "its fingerprint is another than the case's")
        return CheckedFile(name, OK if found.checked else UNSEALED)

    def _history(self, path: Path, name: str) -> CheckedFile:
        try:
            history = load_history(path, LIMITS)
        except HistoryError as error:
            return CheckedFile(name, DAMAGED, str(error).removeprefix(f"{path}: "))
        if changes := self.expected.changes_of_history(path.parent):
            return CheckedFile(name, OTHER, changes)
        trials = counted(len(history), "trial")
        if history.unchecked:
            lines = counted(history.unchecked, "line")
            return CheckedFile(name, UNSEALED, f"{trials}; {lines} without, of an earlier version")
        return CheckedFile(name, OK, trials)

    def _simulation(self, path: Path, name: str) -> CheckedFile:
        found = look_at_simulation(path)
        if found.damage:
            return CheckedFile(name, DAMAGED, f"{found.damage}; {_again(name)}")
        wanted = self.expected.simulation(path)
        if wanted and found.about["mark"] != wanted:
            return CheckedFile(name, OTHER, "its fingerprint is another than the case's")
        return CheckedFile(name, OK if found.checked else UNSEALED)

    def _store(self, path: Path, name: str) -> CheckedFile:
        try:
            found = examine(path, wait=_WAIT)
            if found.damage:
                good = f"{counted(len(found.good), 'record')} {agreeing(len(found.good), 'is', 'are')} good"
                return CheckedFile(name, DAMAGED, f"{found.damage}; {good}, {_again(name)}")
            wanted, stated = self.expected.unfinished(name), recorded_case(path)
        except (StoreError, DamagedStore) as error:
            return CheckedFile(name, UNCHECKED, str(error).removeprefix(f"{path}: "))
        if wanted and stated and stated != wanted:
            return CheckedFile(name, OTHER, "unfinished work of another case")
        note = f"unfinished work, {counted(len(found.good), 'record')}"
        return CheckedFile(name, UNSEALED if found.unsealed else OK, note)

    def _packed(self, place: Path) -> CheckedFile:
        name = f"{self._name(place)}/"
        try:
            PackedForcing(place).verify()
        except InputError as error:
            return CheckedFile(name, DAMAGED, "; ".join(map(str, error.problems)))
        return CheckedFile(name, OK, "packed forcing")

    # -- lists of checksums -------------------------------------------------------------------------------------------
    def _sums(self, path: Path, name: str) -> CheckedFile:
        try:
            return CheckedFile(name, OK, counted(len(read_sums(path.parent)), "checksum"))
        except ValueError as error:
            return CheckedFile(name, DAMAGED, f"{error}; {_again(name)}")

    def _listed(self, path: Path, name: str) -> CheckedFile:
        """A file whose checksum may stand in a list beside it."""
        try:
            damage, listed = damage_of(path), path.name in self._stated(path.parent)
        except OSError as error:
            damage, listed = f"cannot be read: {error.strerror}", False
        if damage:
            return CheckedFile(name, DAMAGED, f"{damage}; {_again(name)}")
        return CheckedFile(name, OK if listed else UNSEALED if path.suffix == ".json" else UNCHECKED)

    @staticmethod
    def _stated(folder: Path) -> dict[str, str]:
        try:
            return read_sums(folder)
        except ValueError:  # said of the list itself
            return {}

    def _missing(self, names: set[str]) -> Iterator[CheckedFile]:
        for place in sorted({name.rpartition("/")[0] for name in names if name.rpartition("/")[2] == SUMS}):
            for file in sorted(self._stated(self.folder / place)):
                name = f"{place}/{file}".lstrip("/")
                if name not in names:
                    yield CheckedFile(name, MISSING, _again(name))
        for name in self.expected.files_of_run if "region.nc" in names else ():
            if name not in names:
                yield CheckedFile(name, MISSING, _again(name))


def _is_equilibrium(name: str) -> bool:
    return name.rpartition("/")[2].startswith("equilibrium-")


def _again(name: str) -> str:
    """Which command makes a file again."""
    first = name.partition("/")[0]
    verb = {"calibration": "calibrate", "screening": "screen"}.get(first, "run")
    return f"lsmcal {verb} makes it again"
