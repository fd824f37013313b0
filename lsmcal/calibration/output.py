"""Files of a calibration over many cells: scores, best set, ensemble, parameters, maps, figures; and read back."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lsmcal.calibration.result import CellMaps, MapCalibration
from lsmcal.calibration.run_search import HISTORY, ensemble_content
from lsmcal.core.files import forget_sums, new_netcdf, write_bytes, write_json, write_sums
from lsmcal.core.text import parsed_json
from lsmcal.core.words import counted
from lsmcal.evaluation.agreement import Confusion
from lsmcal.evaluation.scores import LIMITS
from lsmcal.evaluation.site import Target
from lsmcal.inputs.station.spec import OBSERVED_KINDS
from lsmcal.parameters.table import ParameterSet
from lsmcal.search.convergence import analyse
from lsmcal.search.ensemble import Ensemble
from lsmcal.search.equifinality import read_csv, write_csv
from lsmcal.search.history import load_history
from lsmcal.simulate.results import Run

KIND = "region"
EVALUATION, ENSEMBLE, TABLE, MAPS, FIGURES = (
    "evaluation.json",
    "ensemble.json",
    "equifinality.csv",
    "maps.nc",
    "figures",
)
_FLAGS = {"flag_values": np.array([-1, 0, 1], np.int8), "flag_meanings": "unknown no_permafrost permafrost"}
_YES = {"flag_values": np.array([0, 1], np.int8), "flag_meanings": "no yes"}


def write_results(found: MapCalibration, folder: str | os.PathLike, figures: bool = True) -> None:
    """Write ``best.json``, ``ensemble.json``, ``equifinality.csv``, ``maps.nc``, figures, and ``evaluation.json`` last.

    Parameters
    ----------
    found : MapCalibration
    folder : path
        Holds the search's ``history.jsonl``.
    figures : bool
        Draw them too, into ``figures/``.

    Raises
    ------
    OSError
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    forget_sums(folder)
    ParameterSet(found.best).write(folder / "best.json")
    write_plain_json(folder / ENSEMBLE, ensemble_content(found.history, found.convergence, found.ensemble, found.fixed))
    write_csv(found.rows, folder / TABLE)
    if found.maps is not None:
        write_maps(found.maps, folder / MAPS, found.year)
    if figures:
        write_calibration_figures(found, folder / FIGURES)
    write_plain_json(folder / EVALUATION, _evaluation(found))
    write_sums(folder, ["best.json", ENSEMBLE, TABLE, EVALUATION])


def write_calibration_figures(found: MapCalibration, folder: Path) -> list[Path]:
    """Every figure as a PNG."""
    from lsmcal.calibration.figures import figures_of
    from lsmcal.figures.style import to_png

    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, (figure, _) in figures_of(found).items():
        paths.append(folder / f"{name}.png")
        write_bytes(paths[-1], to_png(figure))
    return paths


def _evaluation(found: MapCalibration) -> dict[str, object]:
    maps = {
        cells: {run: {**one.as_dict(), "kappa": one.kappa, "accuracy": one.accuracy} for run, one in runs.items()}
        for cells, runs in found.confusions.items()
    }
    return {
        "kind": KIND,
        "search": found.cost(),
        "goals": found.goals,
        "year": found.year,
        "maps": maps,
        "front": list(found.front),
        "near_best": found.near,
        "compensations": found.pairs,
        "fixed": dict(found.fixed),
        "notes": list(found.notes),
        "combine": found.combine,
    }


def write_plain_json(path: Path, value: object) -> None:
    """Plain values as JSON, whole or not at all; numbers that are not finite become null."""
    write_json(path, _plain(value))


def _plain(value: object) -> object:
    """Plain values; numbers that are not finite become null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


# -- maps -------------------------------------------------------------------------------------------------------------
def write_maps(maps: CellMaps, path: Path, year: int | None = None) -> Path:
    """Maps by cell, in the layout of ``region.nc``, with the grid they lie on.

    Parameters
    ----------
    maps : CellMaps
    path : Path
    year : int, optional
        Of the target.
    """
    with new_netcdf(path) as file:
        file.Conventions = "CF-1.11"
        if year is not None:
            file.target_year = np.int32(year)
        _write_places(file, maps)
        _bytes(file, "target", maps.target, "permafrost map of the calibration", _FLAGS)
        for name, classes in maps.runs.items():
            _bytes(file, f"permafrost_{name}", classes, f"simulated permafrost, {name} set", _FLAGS)
        _bytes(
            file,
            "sensitive",
            maps.sensitive,
            "sensitive region: default set and target disagree here or next to it",
            _YES,
        )
        _bytes(file, "held_out", maps.held_out, "withheld from the calibration for validation", _YES)
        if maps.wrong is not None:
            _bytes(file, "wrong", maps.wrong, "the twin's target has a wrong class", _YES)
    return path


def _write_places(file, maps: CellMaps) -> None:
    file.createDimension("cell", maps.cell.size)
    rows = [
        ("cell", ("cell",), maps.cell, "1", "number of the cell on the grid, row * columns + column", {}),
        ("lon", ("cell",), maps.longitude, "degrees_east", "longitude of the centre", {"standard_name": "longitude"}),
        ("lat", ("cell",), maps.latitude, "degrees_north", "latitude of the centre", {"standard_name": "latitude"}),
        ("cell_area", ("cell",), maps.area, "m2", "area of the cell", {"standard_name": "cell_area"}),
    ]
    for axis, values, unit in (
        ("longitude", maps.grid_longitude, "degrees_east"),
        ("latitude", maps.grid_latitude, "degrees_north"),
    ):
        file.createDimension(f"grid_{axis}", len(values))
        rows.append((f"grid_{axis}", (f"grid_{axis}",), values, unit, f"{axis} of the grid", {"standard_name": axis}))
    for name, dimensions, values, unit, text, more in rows:
        values = np.asarray(values)
        made = file.createVariable(name, values.dtype, dimensions, zlib=True)
        made.setncatts({"units": unit, "long_name": text, **more})
        made[:] = values


def _bytes(file, name: str, values: np.ndarray, text: str, flags: Mapping[str, object]) -> None:
    made = file.createVariable(name, "i1", ("cell",), zlib=True)
    made.setncatts({"long_name": text, "coordinates": "lon lat", **flags})
    made[:] = np.asarray(values, np.int8)


def read_maps(path: str | os.PathLike) -> CellMaps:
    """Maps as :func:`write_maps` wrote them."""
    from netCDF4 import Dataset

    with Dataset(path) as file:
        file.set_auto_mask(False)
        get = {name: np.asarray(file[name][:]) for name in file.variables}
    head = "permafrost_"
    return CellMaps(
        get["cell"],
        get["lon"],
        get["lat"],
        get["cell_area"],
        get["grid_longitude"],
        get["grid_latitude"],
        get["target"],
        {name.removeprefix(head): one for name, one in get.items() if name.startswith(head)},
        get["sensitive"].astype(bool),
        get["held_out"].astype(bool),
        get["wrong"].astype(bool) if "wrong" in get else None,
    )


# -- read back --------------------------------------------------------------------------------------------------------
def has_results(folder: str | os.PathLike, kind: str = KIND) -> bool:
    """Whether the folder holds a finished calibration.

    Parameters
    ----------
    folder : path
    kind : str
        The kind of calibration that counts; any if empty.
    """
    path = Path(folder) / EVALUATION
    if not path.is_file():
        return False
    try:
        content = parsed_json(path.read_text(encoding="utf-8"))
    except ValueError:  # damaged: calibrate writes it again
        return False
    return isinstance(content, dict) and (not kind or content.get("kind") == kind)


def read_results(folder: str | os.PathLike) -> MapCalibration:
    """What :func:`write_results` wrote, with the history beside it.

    Raises
    ------
    HistoryError
        When there is no history, or it is damaged.
    OSError, ValueError
        When one of the files is missing or damaged.
    """
    folder = Path(folder)
    values = parsed_json((folder / EVALUATION).read_text(encoding="utf-8"))
    ensemble = parsed_json((folder / ENSEMBLE).read_text(encoding="utf-8"))
    history = load_history(folder / HISTORY, LIMITS)
    notes, done = list(values["notes"]), values["search"]["evaluations"]
    if len(history) != done:
        notes.append(f"the results are those after {counted(done, 'evaluation')}; the search now has {len(history)}")
        history = replace(history, records=history.records[:done])
    confusions = {
        cells: {run: Confusion.from_dict(one) for run, one in runs.items()} for cells, runs in values["maps"].items()
    }
    goals = {
        goal: {run: math.nan if one is None else one for run, one in runs.items()}
        for goal, runs in values["goals"].items()
    }
    members = Ensemble(tuple(one["trial"] for one in ensemble["members"]), ensemble["candidates"], ensemble["note"])
    return MapCalibration(
        history,
        values["search"]["stopped"],
        goals,
        confusions,
        values["year"],
        analyse(history.objectives, history.maximise),
        tuple(values["front"]),
        members,
        values["near_best"],
        read_csv(folder / TABLE),
        values["compensations"],
        values["fixed"],
        read_maps(folder / MAPS) if (folder / MAPS).is_file() else None,
        tuple(notes),
        values["combine"],
    )


def write_observed_series(targets: Sequence[Target], runs: Mapping[str, Run], path: Path) -> None:
    """Observed and simulated daily series of a site at the observed depths, for figures.

    Parameters
    ----------
    targets : sequence of Target
        One of each observed kind, that of the objective first.
    runs : mapping of str to Run
        By the name of the variable.
    path : Path
    """
    with new_netcdf(path) as file:
        file.Conventions = "CF-1.11"
        for number, target in enumerate(targets):
            prefix = "" if number == 0 else f"{target.kind}_"
            file.createDimension(f"{prefix}time", target.days.size)
            file.createDimension(f"{prefix}depth", target.depth.size)
            time = file.createVariable(f"{prefix}time", "f8", (f"{prefix}time",))
            time.units, time.standard_name, time.calendar = "days since 1970-01-01 00:00:00", "time", "standard"
            time[:] = target.days.astype(np.int64)
            depth = file.createVariable(f"{prefix}depth", "f8", (f"{prefix}depth",))
            depth.units, depth.positive, depth.standard_name = "m", "down", "depth"
            depth[:] = target.depth
            series = {"observed": target.values} | {name: target.simulated(run) for name, run in runs.items()}
            for name, values in series.items():
                variable = file.createVariable(f"{prefix}{name}", "f8", (f"{prefix}time", f"{prefix}depth"), zlib=True)
                variable.units = OBSERVED_KINDS[target.kind]
                variable.long_name = f"{name} {target.kind.replace('_', ' ')}"
                variable[:] = values
