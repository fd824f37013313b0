"""The small cases that are damaged, killed and hindered: a case, its commands in order, and its files of results."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Eight layers are the fewest that there may be.
_GRID = """
[grid]
thickness = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0]
"""
_SITE = """
[site]
latitude = 33.0
longitude = 92.0
elevation = 4800.0
vegetation = "grassland"
soil = "loam"
tbot = 272.4
[forcing]
format = "generator"
years = [2001, 2001]
seed = 5
[spinup]
years = [2001, 2001]
method = "fixed"
cycles = 1
[run]
start = "2001-01-01"
end = "2001-12-31"
[observations]
format = "twin"
depths = [0.1, 0.8]
hidden = { SBETA = -1.2, TBOT = -0.5 }
noise = 0.05
[calibrate]
parameters = ["SBETA", "TBOT"]
engine = "sobol"
evaluations = 7
batch = 3
members = 3
seed = 3
"""
_PLATEAU = """
[region]
source = "plateau"
cells = 50
seed = 3
"""
_REGION = """
[spinup]
method = "fixed"
cycles = 2
years = [1979, 1979]
[run]
years = [1979, 1980]
checkpoint_seconds = 0.0
series = "daily"
cells = [[79.3, 31.3]]
"""
_MAP = """
[spinup]
method = "fixed"
cycles = 1
years = [1984, 1984]
[run]
years = [1985, 1986]
checkpoint_seconds = 0.0
[target]
source = "twin"
year = 1986
wrong = 0.1
seed = 1
hidden = { SBETA = -1.269, FXEXP = 0.707, TBOT = -1.304 }
[calibrate]
parameters = ["SBETA", "TBOT"]
engine = "sobol"
evaluations = 5
batch = 3
patience = 0
members = 3
seed = 2
every = 2
hold_out = { every = 3 }
[calibrate.spinup]
method = "fixed"
cycles = 1
[[calibrate.goals]]
kind = "map"
"""
_SCREEN = """
[spinup]
method = "fixed"
cycles = 1
max_cycles = 2
years = [1979, 1979]
[run]
years = [1980, 1980]
checkpoint_seconds = 0.0
[screen]
cells = [{ name = "bare", at = [79.3, 31.3] }, { name = "grass", at = [97.5, 33.5] }]
year = 1980
depths = [0.1, 2.0]
parameters = ["FXEXP", "CZIL", "TBOT", "ALBEDOMAX"]
centers = 3
delta_h = 0.25
bootstrap = 20
keep = 2
"""


@dataclass(frozen=True)
class Stage:
    """A command that writes, and what it needs and leaves.

    Parameters
    ----------
    name : str
    case : str
        Name of the case's folder; it stands in some files.
    before : tuple of words
        Commands that come first.
    command : tuple of str
        Words of the command, the case's folder aside.
    text : str
        The case file; empty for a copy of ``cases/demo-maps``.
    ranks : bool
        Whether several processes can work on it.
    checkpoints : bool
        Whether it leaves half-done work when it is killed.
    unread : tuple of str
        Files in its output folder that it does not look at.
    """

    name: str
    case: str
    command: tuple[str, ...]
    text: str = ""
    before: tuple[tuple[str, ...], ...] = ()
    ranks: bool = True
    checkpoints: bool = False
    unread: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """The case before anything was done."""
        folder.mkdir(parents=True)
        text = self.text
        if not text:
            source = ROOT / "cases" / "demo-maps"
            for name in ("maps", "weather"):
                shutil.copytree(source / name, folder / name)
            text = (source / "case.toml").read_text(encoding="utf-8") + _GRID
            text = text.replace("cycles = 2", "cycles = 1")
        (folder / "case.toml").write_text(text, encoding="utf-8")

    def words(self, folder: Path, command: tuple[str, ...] | None = None) -> list[str]:
        """The command as typed."""
        return [*(command or self.command), str(folder), "-q"] if command != ("domain",) else ["domain", str(folder)]


_CELLS, _PACK = ("domain",), ("forcing", "pack")
STAGES = (
    Stage("site run", "site", ("run",), _SITE + _GRID, ranks=False),
    Stage("site calibrate", "site", ("calibrate",), _SITE + _GRID, (("run",),), ranks=False, unread=("run.nc",)),
    Stage("region run", "plateau", ("run",), _PLATEAU + _GRID + _REGION, checkpoints=True),
    Stage("map calibrate", "mapped", ("calibrate",), _PLATEAU + _GRID + _MAP, checkpoints=True),
    Stage("screen", "screened", ("screen",), _PLATEAU + _GRID + _SCREEN, checkpoints=True),
    Stage("pack", "packed", _PACK, "", (_CELLS,), ranks=False),
    Stage("packed run", "packed", ("run",), "", (_CELLS, _PACK)),
)
