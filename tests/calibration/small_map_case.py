"""A calibration of sixty cells that takes seconds, and what is compared of two of them."""

import json
import shutil

import numpy as np
from netCDF4 import Dataset

from lsmcal.search.history import load_history

CASE = """
[region]
source = "plateau"
cells = 60
seed = 1
[grid]
thickness = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0]
[spinup]
method = "fixed"
cycles = 2
years = [1984, 1984]
[run]
years = [1985, 1986]
checkpoint_seconds = 0.0
[target]
source = "twin"
year = 1986
wrong = 0.1
seed = 1
hidden = { SBETA = -1.269, FXEXP = 0.707, TBOT = -1.304, "ALBEDOMIN[7]" = 0.228 }
[calibrate]
parameters = ["SBETA", "FXEXP", "TBOT"]
engine = "sobol"
evaluations = 9
batch = 4
patience = 0
members = 3
seed = 2
every = 2
hold_out = { every = 3 }
[calibrate.spinup]
method = "fixed"
cycles = 1
"""
MAP = '[[calibrate.goals]]\nkind = "map"\n'
#: Kept whatever is searched.
SIMULATED = ("default.npz", "hidden.npz")
#: Drawing takes longer than the search, and is looked at in one test.
NO_FIGURES = "import lsmcal.calibration.output as output; output.write_calibration_figures = lambda *words: []"


def map_case(folder, replace=(), goals=MAP):
    """The case in a folder, some texts replaced, with these goals; the folder."""
    text = CASE
    for old, new in dict(replace).items():
        assert old in text
        text = text.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.toml").write_text(text + goals)
    return folder


def map_case_with(simulations, folder, replace=(), goals=MAP):
    """The case in a folder, with what another has kept of its default set and its hidden run."""
    results(folder).mkdir(parents=True)
    for path in (simulations / "output").glob("equilibrium-*.nc"):
        shutil.copy(path, folder / "output")
    for name in SIMULATED:
        shutil.copy(results(simulations) / name, results(folder))
    return map_case(folder, replace, goals)


def results(folder):
    """Where a case's results lie."""
    return folder / "output" / "calibration"


def records(folder):
    """Every trial of a case's search, times aside."""
    return [record.timeless() for record in load_history(results(folder) / "history.jsonl").records]


def content(folder, name):
    """A JSON file of the results."""
    return json.loads((results(folder) / name).read_text())


def maps(folder):
    """All arrays of maps.nc."""
    with Dataset(results(folder) / "maps.nc") as file:
        return {name: np.asarray(variable[:]) for name, variable in file.variables.items()}


def came_to(folder):
    """Everything that two equal searches agree on: trials, files, maps; times aside."""
    evaluation = content(folder, "evaluation.json")
    for name in ("model_seconds", "optimiser_seconds"):
        evaluation["search"].pop(name)
    return {
        "records": records(folder),
        "fingerprint": load_history(results(folder) / "history.jsonl").header["fingerprint"],
        "best": content(folder, "best.json"),
        "ensemble": content(folder, "ensemble.json"),
        "evaluation": evaluation,
        "equifinality": (results(folder) / "equifinality.csv").read_text(),
        "maps": {name: values.tolist() for name, values in maps(folder).items()},
    }
