"""Regional cases for tests that type commands: one of files, one of the plateau; and ways to spoil files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from typer.testing import CliRunner

from lsmcal.cli.main import app
from tests.inputs.map_files import centres, write_map
from tests.test_domain_verb import CASE, add_weather

#: In processes of their own commands draw no figures, which takes longer than all else.
UNDRAWN = "import lsmcal.figures.style as style; style.to_png = lambda figure, dpi=0: b'PNG'"
_PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
MPIEXEC = shutil.which("mpiexec", path=_PATH)
PLATEAU = """
[region]
source = "plateau"
cells = 50
seed = 3
[grid]
thickness = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0]
[spinup]
method = "fixed"
cycles = 1
years = [1979, 1979]
[run]
years = [1979, 1980]
checkpoint_seconds = 0.0
"""
#: A month without spin-up.
TINY = """
[site]
latitude = 35.0
longitude = 92.0
elevation = 4700.0
vegetation = 7
soil = "loam"
[forcing]
format = "generator"
years = [2001, 2001]
[run]
start = "2001-01-01"
end = "2001-01-31"
[spinup]
method = "none"
"""


def typed(*words, status=0):
    """Type a command into this process; its result."""
    try:
        runner = CliRunner(mix_stderr=False)
    except TypeError:  # newer versions keep them apart by themselves
        runner = CliRunner()
    result = runner.invoke(app, [str(word) for word in words])
    assert result.exit_code == status, (result.stdout, result.stderr, result.exception)
    return result


def told(*words, status=2):
    """What a command that must not succeed says; never a traceback."""
    text = typed(*words, status=status).stderr
    assert text.strip() and "Traceback" not in text
    return text


def started(ranks, *words, before="", **environment):
    """Arguments for subprocess: a command under mpiexec (or as one process), after some lines of Python."""
    if ranks and MPIEXEC is None:
        pytest.skip("no mpiexec: install the extra mpich")
    launcher = [MPIEXEC, "-n", str(ranks)] if ranks else []
    script = f"{UNDRAWN}\n{before}\nfrom lsmcal.cli.main import main\nmain()"
    arguments = [*launcher, sys.executable, "-c", script, *(str(word) for word in words)]
    return {"args": arguments, "env": os.environ | environment, "text": True}


def finished(ranks, *words, status=0, before="", **environment):
    """What a command in processes of its own says, on both streams."""
    done = subprocess.run(
        **started(ranks, *words, before=before, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=600,
    )
    assert done.returncode == status, done.stdout
    return done.stdout


def case_of_files(folder):
    """Four cells in a row from maps, the third a lake, the fourth beyond the year of forcing beside them."""
    longitude, latitude = centres(90.4, 90.8, 8), centres(33.0, 33.1, 2)
    maps = {
        "elevation": 4600.0 + 100.0 * np.arange(8),
        "land": [130, 130, 200, 200, 130, 210, 130, 130],
        "soil": [9, 9, 7, 7, 7, 7, 7, 7],
        "lakes": [0, 0, 0, 0, 1, 1, 0, 0],
    }
    for name, row in maps.items():
        write_map(folder / f"{name}.nc", np.tile(row, (2, 1)), longitude, latitude)
    (folder / "case.toml").write_text(CASE)
    add_weather(folder)
    return folder


def cut(path, share):
    """Leave only the first part of a file."""
    os.truncate(path, int(share * path.stat().st_size))


def garble(path, at, count=400):
    """Overwrite some bytes in the middle of a file."""
    with open(path, "r+b") as file:
        file.seek(int(at * path.stat().st_size))
        file.write(bytes(range(7, 107)) * (count // 100))


def change(path, act):
    """Open a NetCDF file for writing, numbers as stored."""
    with netCDF4.Dataset(path, "a") as data:
        data.set_auto_maskandscale(False)
        act(data)


def files_of(folder):
    """Names of all files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":  # in a folder of its own: every kernel of a region and of a site is compiled once
    for name, text in {"region": PLATEAU, "site": TINY}.items():
        (Path(sys.argv[1]) / name).mkdir()
        (Path(sys.argv[1]) / name / "case.toml").write_text(text)
        typed("run", Path(sys.argv[1]) / name, "--quiet")
