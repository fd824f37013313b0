"""A folder like a fresh clone in which the snippets of all pages are run."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import SHARED
from tests.docs.pages import ROOT
from tests.region_cases import MPIEXEC, UNDRAWN

#: Verbs that take ``--set``.
WITH_SETTINGS = "check domain run plan inspect screen calibrate evaluate report campaign params pack".split()
#: The region that pages call my-region, or CASE.
MY_REGION = """
[region]
source = "plateau"
cells = 50
seed = 1
[spinup]
years = [1979, 1979]
method = "fixed"
cycles = 1
[run]
years = [1979, 1980]
[target]
source = "twin"
year = 1980
hidden = { CZIL = 0.9, TBOT = -2.0 }
[calibrate]
parameters = ["CZIL", "TBOT"]
engine = "sobol"
evaluations = 9
members = 2
cells = "all"
every = 5
spinup = { method = "fixed", cycles = 1 }
"""
#: What some snippets read: what a snippet mentions then, the file, and the command that makes it once for all.
MADE_BY = (
    ("cases/demo-site/output/run.nc", "cases/demo-site/output/run.nc", "run cases/demo-site"),
    (
        "cases/demo-plateau/output/region.nc",
        "cases/demo-plateau/output/region.nc",
        "run cases/demo-plateau --set region.cells=50 --set spinup.years=[1979,1979] --set run.years=[1980,1981] "
        "--set spinup.method=fixed --set spinup.cycles=1",
    ),
    ("cases/demo-maps", "cases/demo-maps/domain.nc", "domain cases/demo-maps"),
)
_LSMCAL = """#!/bin/sh
# lsmcal, with the settings of the block behind the verbs that take them; it draws no figures
verb=$1; [ "$verb" != forcing ] || verb=$2
case " {verbs} " in *" $verb "*) eval "set -- \\"\\$@\\" $SNIPPET_SETTINGS";; esac
exec "{python}" -c "{undrawn}; from lsmcal.cli.main import main; main()" "$@"
"""
_MPIEXEC = """#!/bin/sh
# mpiexec on two processes, however many the page starts
[ "$1" != -n ] || shift 2
exec "{mpiexec}" -n 2 "$@"
"""


@dataclass
class Workplace:
    """The folder, the environment of its commands, names of each page's Python, what was run and printed so far."""

    folder: Path
    environment: dict[str, str]
    names: dict[str, dict] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    printed: dict[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def has_data(self) -> bool:
        """Whether ~/data holds the data of the field cases."""
        return (self.folder / "home/data").exists()


def make_workplace(folder: Path) -> Workplace:
    """Copy cases and link the rest; put stand-ins for ``lsmcal`` and ``mpiexec`` in front."""
    shutil.copytree(ROOT / "cases", folder / "cases", ignore=shutil.ignore_patterns("output", "output-*"))
    for name in ("docs", "slurm"):  # not lsmcal: kernels belong to the path they are imported from
        (folder / name).symlink_to(ROOT / name)
    (folder / "my-region").mkdir()
    (folder / "my-region/case.toml").write_text(MY_REGION)
    (folder / "home").mkdir()
    if (SHARED / "data").is_dir():
        (folder / "home/data").symlink_to(SHARED / "data")
    programs = folder / "programs"
    _write_programs(programs)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    python_path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    environment = os.environ | {"PATH": path, "PYTHONPATH": python_path, "HOME": str(folder / "home")}
    environment |= {"MPLBACKEND": "Agg", "COLUMNS": "120"}
    environment.pop("LSMCAL_DATA", None)
    return Workplace(folder, environment)


def _write_programs(folder: Path) -> None:
    folder.mkdir()
    scripts = {"lsmcal": _LSMCAL.format(verbs=" ".join(WITH_SETTINGS), python=sys.executable, undrawn=UNDRAWN)}
    scripts["python"] = scripts["python3"] = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
    if MPIEXEC is not None:
        scripts["mpiexec"] = _MPIEXEC.format(mpiexec=MPIEXEC)
    for name, text in scripts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
