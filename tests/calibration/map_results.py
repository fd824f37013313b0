"""A calibration over a small region whose every number is known: a grid of cells, a search by chance, two goals."""

import numpy as np

from lsmcal.calibration.result import CellMaps, MapCalibration, conclusions
from lsmcal.evaluation.agreement import confusion
from lsmcal.search.goals import SearchGoal
from lsmcal.search.history import Trial, journal, load_history

NAMES = ("SBETA", "CZIL", "FXEXP", "SALP", "CSOIL", "REFKDT")
HIGH = {"SBETA": -1.0, "CZIL": 0.8, "FXEXP": 4.0, "SALP": 5.0, "CSOIL": 3e6, "REFKDT": 5.0}
LOW = {"SBETA": -4.0, "CZIL": 0.05, "FXEXP": 0.2, "SALP": 1.0, "CSOIL": 1e6, "REFKDT": 0.5}
FIXED = {"CMCMAX": 6e-4}
AXES = (SearchGoal("map 2010"), SearchGoal("network", maximise=False, scale=2.0))


def kappa(x) -> float:
    """SBETA decides, CZIL a little; CSOIL, REFKDT and SALP do nothing."""
    return 0.8 - 2.0 * (x[0] - 0.3) ** 2 - 0.3 * (x[1] - 0.5) ** 2


def error(x) -> float:
    return 0.5 + 1.5 * (x[0] - 0.6) ** 2 + 0.5 * x[2]


def history_in(folder, goals: bool, trials: int = 220):
    """A search by chance in a journal of the folder."""
    points = np.random.default_rng(8).random((trials, len(NAMES)))
    points[0] = 0.9
    space = {name: {"name": name, "low": LOW[name], "high": HIGH[name], "unit": ""} for name in NAMES}
    fingerprint = {
        "space": space,
        "objective": {"name": "Kappa", "direction": "maximise"},
        "engine": {"name": "random"},
    }
    if goals:
        fingerprint["goals"] = {
            axis.name: {"maximise": axis.maximise, "scale": axis.scale, "weight": axis.weight} for axis in AXES
        }
    with journal(folder / "history.jsonl", fingerprint) as opened:
        for trial, x in enumerate(points.tolist()):
            values = {name: LOW[name] + (HIGH[name] - LOW[name]) * u for name, u in zip(NAMES, x, strict=True)}
            found = {"map 2010": kappa(x), "network": error(x)} if goals else {}
            score = 0.5 * kappa(x) - 0.25 * error(x) if goals else kappa(x)
            failed = trial == 5
            opened.append(
                Trial(
                    trial,
                    trial,
                    tuple(x),
                    values,
                    None if failed else score,
                    status="failed" if failed else "ok",
                    reason="torn" if failed else "",
                    model_seconds=2.0,
                    optimiser_seconds=0.05,
                    goals={} if failed else found,
                )
            )
    return load_history(folder / "history.jsonl")


def maps() -> CellMaps:
    """24 x 16 cells less a corner; permafrost north of a line that the default puts too far south."""
    longitude, latitude = 85.0 + 0.1 * np.arange(24), 32.0 + 0.1 * np.arange(16)
    east, north = np.meshgrid(longitude, latitude)
    inside = ~((east > 86.8) & (north < 32.4)).ravel()
    east, north, cell = east.ravel()[inside], north.ravel()[inside], np.flatnonzero(inside)

    def frozen(line):
        return (north > line + 0.1 * np.sin(8.0 * east)).astype(np.int8)

    target = frozen(32.9)
    target[:3] = -1
    runs = {"default": frozen(32.5), "calibrated": frozen(32.85)}
    held = np.floor((east - 85.0) / 0.4 + 1e-6) % 3 == 2
    sensitive = np.abs(north - 32.7) < 0.4
    area = np.full(cell.size, 1e8)
    return CellMaps(cell, east, north, area, longitude, latitude, target, runs, sensitive, held)


def calibration_in(folder, goals: bool = False, combine: str = "weighted") -> MapCalibration:
    """The finished calibration; its history lies in the folder."""
    history, of = history_in(folder, goals), maps()
    groups = {
        "calibrated": of.sensitive & ~of.held_out,
        "held-out": of.sensitive & of.held_out,
        "all": np.ones(of.cell.size, bool),
    }
    confusions = {
        name: {run: confusion(of.target[mask], classes[mask]) for run, classes in of.runs.items()}
        for name, mask in groups.items()
    }
    values = {"map 2010": {run: one.kappa for run, one in confusions["calibrated"].items()}}
    if goals:
        values["network"] = {"default": 1.2, "calibrated": float("nan")}
    return conclusions(
        history,
        "budget",
        values,
        combine=combine,
        members=13,
        seed=3,
        confusions=confusions,
        year=2010,
        fixed=FIXED,
        maps=of,
        notes=["the map is made up"],
    )
