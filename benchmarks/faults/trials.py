"""One trial: a fault by chance, the same command again, and what became of it."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.faults.commands import MPIEXEC, Kill, Said, forked, on_ranks
from benchmarks.faults.damage import spoil
from benchmarks.faults.events import Hindrance
from benchmarks.faults.prepare import Prepared
from benchmarks.faults.results import differences_of

#: What a trial may come to. Stuck: refused without a word of damage, after a kill or with room again.
OUTCOMES = ("found", "harmless", "silent", "traceback", "stuck")
#: Those that must not be.
FAULTS = ("silent", "traceback", "stuck")
KINDS = ("damage", "kill", "full", "ranks")
#: There are many files, and several ways to damage each.
_DAMAGES = 3


@dataclass(frozen=True)
class Trial:
    """A trial and its outcome.

    Parameters
    ----------
    number : int
    kind : str
        One of :data:`KINDS`.
    target : str
        Stage, and for damage the file.
    what : str
        What was done.
    outcome : str
        One of :data:`OUTCOMES`.
    note : str
        What the commands said, where it matters.
    """

    number: int
    kind: str
    target: str
    what: str
    outcome: str
    note: str = ""

    def line(self, seed: int) -> str:
        """For the log."""
        note = " | ".join(self.note.strip().splitlines())
        return f"{seed}-{self.number}\t{self.kind}\t{self.target}\t{self.what}\t{self.outcome}\t{note}\n"


def run_trial(stages: list[Prepared], seed: int, number: int, top: Path, kinds: tuple[str, ...] = KINDS) -> Trial:
    """A trial; seed and number alone say which.

    Parameters
    ----------
    stages : list of Prepared
    seed, number : int
    top : Path
        A folder for it, which is emptied.
    kinds : tuple of str
        That take turns; damage has three of them.
    """
    chance = Random(f"{seed}-{number}")
    turns = [kind for kind in kinds for _ in range(_DAMAGES if kind == "damage" else 1)]
    turn, place = divmod(number, len(turns))
    kind = turns[place]
    if kind == "damage":
        targets = [(one, folder, name) for one in stages for folder, name in one.artefacts()]
        one, folder, name = targets[(turn * turns.count(kind) + place - turns.index(kind)) % len(targets)]
        return _damage(one, folder, name, chance, top, number)
    several = [one for one in stages if one.stage.ranks] if kind == "ranks" else stages
    one = several[turn % len(several)]
    return {"kill": _kill, "full": _full, "ranks": _ranks}[kind](one, chance, top, number)


# -- damage -----------------------------------------------------------------------------------------------------------
def _damage(one: Prepared, source: Path, name: str, chance: Random, top: Path, number: int) -> Trial:
    """A file of the results is damaged; then its folder is checked and the command is typed again."""
    folder = one.copy(source, top)
    output = folder / "output"
    what = spoil(output / name, chance)
    if source == one.whole and name.rpartition("/")[2] not in ("region.nc", "run.nc") and chance.random() < 0.5:
        removed = [path for path in (output / "region.nc", output / "screening" / "screening.nc") if path.is_file()]
        removed = [path for path in removed if path != output / name]
        for path in removed:
            path.unlink()
        what += "".join(f", {path.name} removed" for path in removed)
    checked = forked(["check", "--outputs", str(folder)])
    again = forked([word for word in one.stage.words(folder) if word != "-q"])  # which would keep warnings back
    outcome, note = outcome_of_damage(one, folder, name, checked, again)
    short = name if "equilibrium-" not in name else "equilibrium.nc"
    return Trial(number, "damage", f"{one.stage.name}: {short}", what, outcome, note)


def outcome_of_damage(one: Prepared, folder: Path, name: str, checked: Said, again: Said) -> tuple[str, str]:
    """What became of a damaged file, and what was said where it matters.

    Parameters
    ----------
    one : Prepared
    folder : Path
        Of the trial, after both commands.
    name : str
        Of the file that was damaged, in the output folder.
    checked, again : Said
        ``check --outputs``, and the command that had made the file.
    """
    said = f"check {checked.status}: {checked.text}\nagain {again.status}: {again.text}"
    if checked.broken or again.broken:
        return "traceback", said
    if again.status:
        named = name.rpartition("/")[2] in again.text or "forcing" in again.text
        return "found", "" if named and again.text.strip() else f"the message does not name it: {again.text}"
    warned = "warning: " in again.text or "is damaged" in again.text
    different = differences_of(folder / "output", one.whole / "output", by_bytes=warned)
    if not different:
        if checked.status and not warned:
            return "found", "check names it; it is made again without a warning"
        return ("found" if warned else "harmless"), ""
    after = forked(["check", "--outputs", str(folder)])
    if after.broken:
        return "traceback", f"check {after.status}: {after.text}"
    if after.status == 1 and all(_is_named(item, after.text) for item in different):
        return "found", f"by check alone: {', '.join(different)}"
    return "silent", f"{', '.join(different)} differ; {said}"


def _is_named(name: str, text: str) -> bool:
    """Whether a check calls a file bad; packed forcing is called by its folder."""
    for line in text.splitlines():
        if line.startswith(("damaged", "missing", "other case")) and len(words := line.split()) > 1:
            if name in words or any(word.endswith("/") and name.startswith(word) for word in words):
                return True
    return False


# -- kills and full disks ---------------------------------------------------------------------------------------------
def _kill(one: Prepared, chance: Random, top: Path, number: int) -> Trial:
    """Killed before one of its writes, or at any moment, once to three times; then the command to its end."""
    folder, done, first = one.copy(one.before, top), [], None
    for _ in range(chance.choice((1, 1, 2, 3))):
        killer = chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
        if chance.random() < 0.5:
            event = chance.randint(1, one.writes)
            said = forked(one.stage.words(folder), Hindrance(event, killer))
            done.append(f"{killer.name} at write {event}, status {said.status}")
        else:
            seconds = chance.uniform(0.0, 1.05 * one.seconds)
            said = forked(one.stage.words(folder), kill=Kill(seconds, killer))
            done.append(f"{killer.name} after {seconds:.3f} s, status {said.status}")
        first = first or _broken(said, (-killer,))
    return _ended(one, folder, number, "kill", "; ".join(done), first)


def _full(one: Prepared, chance: Random, top: Path, number: int) -> Trial:
    """No room from one of its writes on; then the command to its end."""
    folder = one.copy(one.before, top)
    event = chance.randint(1, one.writes)
    room = int(one.largest ** chance.random()) - 1
    said = forked(one.stage.words(folder), Hindrance(event, room=room))
    what = f"no file beyond {room} bytes from write {event} on, status {said.status}"
    return _ended(one, folder, number, "full", what, _broken(said), said.status in (1, 2), said)


def _ranks(one: Prepared, chance: Random, top: Path, number: int) -> Trial:
    """The same on 0 to 4 ranks, in processes of their own."""
    folder, first, found, said = one.copy(one.before, top), "", False, None
    ranks = chance.randint(0, 4) if MPIEXEC else 0
    way = chance.choice(("kill", "kill", "all", "all", "full"))
    words, rank = one.stage.words(folder), chance.randrange(max(ranks, 1))
    event = chance.randint(1, one.writes if rank == 0 else max(one.writes // 12, 1))
    killer = chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
    if way == "kill":
        said = on_ranks(ranks, words, Hindrance(event, killer, rank=rank))
        what, first = f"{killer.name} at write {event} of rank {rank} of {ranks}", _broken(said, _deaths(killer))
    elif way == "all":
        seconds = chance.uniform(1.0, 3.0 + one.seconds)
        said = on_ranks(ranks, words, kill=Kill(seconds, killer))
        what, first = f"{killer.name} after {seconds:.3f} s on {ranks} ranks", _broken(said, _deaths(killer))
    else:
        room = int(one.largest ** chance.random()) - 1
        said = on_ranks(ranks, words, Hindrance(event, room=room, rank=rank))
        what = f"no file beyond {room} bytes from write {event} on, rank {rank} of {ranks}"
        first, found = _broken(said), said.status in (1, 2)
    what += f", status {said.status}"
    return _ended(one, folder, number, "ranks", what, first, found, said if way == "full" else None)


def _deaths(killer: signal.Signals) -> tuple[int, ...]:
    """Statuses that are the signal's own, of a process or its launcher."""
    return (-killer, killer, 128 + killer)


def _broken(said: Said, allowed: tuple[int, ...] = ()) -> str:
    """What was said if it should not have been."""
    if "Traceback (most recent" not in said.text and (said.status in allowed or not said.broken):
        return ""
    return f"status {said.status}: {said.text}"


def _ended(
    one: Prepared, folder: Path, number: int, kind: str, what: str, first: str | None, found=False, hindered=None
) -> Trial:
    """The command to its end, and the outcome."""
    target = one.stage.name

    def trial(outcome: str, note: str = "") -> Trial:
        return Trial(number, kind, target, what, outcome, note)

    if hindered is not None and hindered.status == 0:
        if different := differences_of(folder / "output", one.whole / "output", by_bytes=True):
            return trial("silent", f"said to be done, but {', '.join(different)} differ; {hindered.text}")
    again = forked(one.stage.words(folder))
    if first or again.broken:
        return trial("traceback", first or f"again {again.status}: {again.text}")
    if again.status:
        return trial("stuck", again.text)
    different = differences_of(folder / "output", one.whole / "output", by_bytes=True)
    checked = forked(["check", "--outputs", str(folder)])
    if different or checked.status:
        return trial("silent", f"{', '.join(different)} differ; {again.text}\ncheck {checked.status}: {checked.text}")
    return trial("found" if found else "harmless", "" if not found else hindered.text)
