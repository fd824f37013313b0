"""The runs of a screening as a file, and what follows from them: indices, ranking, choice, figures."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lsmcal import __version__
from lsmcal.case.sections.screen import Screen
from lsmcal.core.checksums import look_at_netcdf
from lsmcal.core.files import csv_text, forget_sums, new_netcdf, write_sums, write_text
from lsmcal.parallel.checkpoints import StoreError
from lsmcal.parameters.table import sensitive_parameters
from lsmcal.screening.ranking import Ranking, rank_parameters
from lsmcal.sensitivity import Result, analyze
from lsmcal.simulate.output.run import variable

log = logging.getLogger(__name__)

#: IVARS over half of a parameter's range ranks.
SCALE = 0.5
_UNITS = {"temperature": "K", "water": "m3 m-3"}
_LONG = {"temperature": "mean soil temperature of the year", "water": "mean total water, liquid and ice, of the year"}


@dataclass(frozen=True)
class Runs:
    """All runs of a screening.

    Parameters
    ----------
    cells, places : tuple of str
        Names of the cells, and which they are.
    depth : (nz,) array
        Of the nodes [m].
    names : (n,) tuple of str
        Parameters.
    dimensions : sequence of lists of dicts
        Name by class, unit, bounds and default of what varied in each cell.
    points : (samples, n) array
        In the unit cube.
    results : dict of str to array
        ``temperature`` [K], ``water`` [m3 m-3], (cells, samples, nz), NaN where a run failed; ``cycles``,
        ``converged``, ``failure``, (cells, samples).
    delta_h : float
        Distance of neighbours on a ray.
    year : int
        That the means are of.
    """

    cells: tuple[str, ...]
    places: tuple[str, ...]
    depth: np.ndarray
    names: tuple[str, ...]
    dimensions: tuple[list[dict[str, object]], ...]
    points: np.ndarray
    results: dict[str, np.ndarray]
    delta_h: float
    year: int

    def responses(self, settings: Screen) -> tuple[list[str], np.ndarray]:
        """Names of the responses, cell after cell, and their values (samples, responses)."""
        names, values = [], []
        for c, cell in enumerate(self.cells):
            for response in settings.responses:
                for depth in settings.depths:
                    names.append(f"{cell} {response} {depth:g} m")
                    values.append(self.results[response][c, :, self.layer(depth)])
        return names, np.stack(values, axis=1)

    def layer(self, depth: float) -> int:
        """Layer whose node is nearest to a depth, from 0."""
        return int(np.abs(self.depth - depth).argmin())

    @property
    def notes(self) -> list[str]:
        """What has to be said about the runs."""
        found = []
        for c, (cell, place) in enumerate(zip(self.cells, self.places, strict=True)):
            failed = self.results["failure"][c] != ""
            cycles, converged = self.results["cycles"][c][~failed], self.results["converged"][c][~failed]
            reached = f"{cycles.min()} to {cycles.max()}" if cycles.size else "no"
            found.append(
                f"{cell}: {place}; {reached} cycles of spin-up, {converged.sum()} of {converged.size} converged"
            )
            if failed.any():
                reason = self.results["failure"][c][failed][0]
                found.append(f"{cell}: {failed.sum()} of {failed.size} runs failed, the first with: {reason}")
        return found


@dataclass(frozen=True)
class Screened:
    """What a screening found.

    Parameters
    ----------
    runs : Runs
    result : Result
        Indices of all responses.
    ranking : Ranking
    notes : list of str
    paths : list of Path
        Files that were written.
    """

    runs: Runs
    result: Result
    ranking: Ranking
    notes: list[str]
    paths: list[Path]

    def as_dict(self) -> dict[str, object]:
        """Plain values, as in ``ranking.json``."""
        ranking = self.ranking
        return {
            "chosen": ranking.chosen,
            "tied": ranking.tied,
            "published": [name for name in sensitive_parameters() if name in ranking.names],
            "ranks_in_score": ranking.count,
            "samples": len(self.runs.points),
            "failed": {
                cell: int((self.runs.results["failure"][c] != "").sum()) for c, cell in enumerate(self.runs.cells)
            },
            "parameters": [self._row(k) for k in ranking.order],
            "notes": self.notes,
        }

    def _row(self, k: int) -> dict[str, object]:
        ranking = self.ranking
        return {
            "name": ranking.names[k],
            "place": int(ranking.place[k]),
            "score": int(ranking.scores[ranking.count][k]),
            "scores": {str(count): int(values[k]) for count, values in ranking.scores.items()},
            "ranks": {name: int(rank) for name, rank in zip(ranking.responses, ranking.ranks[:, k], strict=True)},
        }


# -- the file of the runs -----------------------------------------------------------------------------------------
def write_runs(runs: Runs, path: Path, fingerprint: str) -> None:
    """Write all runs as CF NetCDF, whole or not at all.

    Raises
    ------
    StoreError
        When that cannot be.
    """
    about = {
        "fingerprint": fingerprint,
        "cells": list(runs.cells),
        "places": list(runs.places),
        "dimensions": list(runs.dimensions),
        "delta_h": runs.delta_h,
        "year": runs.year,
    }
    try:
        with new_netcdf(path) as file:
            file.Conventions, file.source = "CF-1.11", f"lsmcal {__version__}"
            file.about = json.dumps(about)
            file.parameters = " ".join(runs.names)
            sizes = {"cell": len(runs.cells), "sample": len(runs.points), "layer": runs.depth.size}
            for name, size in (sizes | {"parameter": len(runs.names)}).items():
                file.createDimension(name, size)
            _fill(file, runs)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; the runs are stored in the checkpoints") from error


def _fill(file, runs: Runs) -> None:
    variable(file, "depth", ("layer",), runs.depth, "m", "depth of the layer's middle", positive="down")
    variable(file, "point", ("sample", "parameter"), runs.points, "1", "position in the unit cube of the parameters")
    for name, unit in _UNITS.items():
        variable(file, name, ("cell", "sample", "layer"), runs.results[name], unit, _LONG[name])
    across = ("cell", "sample")
    variable(file, "cycles", across, runs.results["cycles"].astype(np.int32), "1", "cycles of the spin-up")
    converged = runs.results["converged"].astype(np.int8)
    variable(file, "converged", across, converged, "1", "1 where the spin-up converged, 0 elsewhere")
    texts = file.createVariable("failure", str, across)
    texts.long_name = "reason of failure; empty if the run succeeded"
    texts[:] = runs.results["failure"].astype(object)


def runs_fingerprint(path: Path) -> str:
    """What the runs of a file depend on; empty if there is no such file, or, with a warning, if it is damaged."""
    if not path.is_file():
        return ""
    found = look_at_netcdf(path)
    try:
        about = json.loads(str(found.attributes.get("about", "{}")))
        if not found.damage:
            return str(about.get("fingerprint", ""))
    except (ValueError, AttributeError):
        pass
    log.warning("%s: is damaged: %s; it is made again", path, found.damage or "it does not say what it is of")
    return ""


def read_runs(path: Path) -> Runs:
    """The runs of a file that :func:`write_runs` wrote."""
    from netCDF4 import Dataset

    with Dataset(path) as file:
        file.set_auto_mask(False)
        about = json.loads(file.about)
        results = {name: file[name][:] for name in (*_UNITS, "cycles", "failure")}
        results |= {"converged": file["converged"][:].astype(bool)}
        return Runs(
            cells=tuple(about["cells"]),
            places=tuple(about["places"]),
            depth=file["depth"][:],
            names=tuple(file.parameters.split()),
            dimensions=tuple(about["dimensions"]),
            points=file["point"][:],
            results=results,
            delta_h=about["delta_h"],
            year=about["year"],
        )


# -- what follows from them ---------------------------------------------------------------------------------------
def conclude_screening(settings: Screen, runs: Runs, folder: Path) -> Screened:
    """Analyse the runs, rank and choose parameters, and write everything down.

    Raises
    ------
    InputError
        When no response ranks anything.
    """
    names, values = runs.responses(settings)
    problem = {"names": list(runs.names), "bounds": [[0.0, 1.0]] * len(runs.names)}
    result = analyze(
        problem,
        runs.points,
        values,
        delta_h=runs.delta_h,
        scales=(0.1, 0.3, SCALE),
        responses=names,
        bootstrap=settings.bootstrap,
        seed=settings.seed,
    )
    ranking, notes = rank_result(settings, result)
    layers = [
        f"{depth:g} m is layer {runs.layer(depth) + 1}, {runs.depth[runs.layer(depth)]:.3g} m"
        for depth in settings.depths
    ]
    notes = [*runs.notes, "; ".join(layers), *result.notes, *notes]
    screened = Screened(runs, result, ranking, notes, [folder / "screening.nc"])
    screened.paths.extend(_write_tables(screened, folder))
    from lsmcal.screening.figures import write_screening_figures

    screened.paths.extend(write_screening_figures(screened.result, screened.ranking, runs.cells, folder))
    return screened


def rank_result(settings: Screen, result: Result) -> tuple[Ranking, list[str]]:
    """Ranking by the responses that tell parameters apart, and what has to be said about it.

    Raises
    ------
    InputError
        When there is no such response.
    """
    ranks = result.rank_ivars[:, result.at_scale(SCALE)]
    useful = ~result.constant & (ranks > 0).all(axis=1)
    left_out = [name for name, use in zip(result.responses, useful, strict=True) if not use]
    if not useful.any():
        from lsmcal.core.errors import Problems

        problems = Problems()
        problems.add(
            "no response ranks the parameters: all are constant, or all runs failed",
            source="screen",
            variable="responses",
            value=", ".join(left_out),
        )
        problems.raise_if_any()
    responses = [name for name, use in zip(result.responses, useful, strict=True) if use]
    ranking = rank_parameters(
        result.names, responses, ranks[useful], share=settings.share, rounding=settings.rounding, keep=settings.keep
    )
    notes = (
        [f"do not rank, because they are constant or too many runs failed: {', '.join(left_out)}"] if left_out else []
    )
    return ranking, notes + ranking.notes


def _write_tables(screened: Screened, folder: Path) -> list[Path]:
    ranking = screened.ranking
    chosen = json.dumps(ranking.chosen)
    content = {
        "chosen.json": _json(
            {
                "names": ranking.chosen,
                "calibrate": {"parameters": ranking.chosen},
                "set": f"calibrate.parameters={chosen}",
            }
        ),
        "ranking.json": _json(screened.as_dict()),
        "ranking.csv": _ranking_csv(ranking),
        "indices.csv": _indices_csv(screened.result),
    }
    forget_sums(folder)
    paths = [write_text(folder / name, text) for name, text in content.items()]
    write_sums(folder, content)
    return paths


def _json(content: object) -> str:
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _ranking_csv(ranking: Ranking) -> str:
    scores = [f"best {count}" for count in ranking.scores]
    rows: list[list[object]] = [["parameter", "place", *scores, "chosen", *ranking.responses]]
    for k in ranking.order:
        sums = [values[k] for values in ranking.scores.values()]
        chosen = int(ranking.names[k] in ranking.chosen)
        rows.append([ranking.names[k], ranking.place[k], *sums, chosen, *ranking.ranks[:, k]])
    return csv_text(rows)


def _indices_csv(result: Result) -> str:
    """A row for each response and parameter: all indices, their limits, ranks and reliability."""
    return result.to_df().to_csv(lineterminator="\n")
