"""The run of a regional case from beginning to end: what is done already, what is half done, what is left."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path

import numpy as np

from lsmcal.core.digest import SHORT, digest, digest_of_parts
from lsmcal.core.files import remove_leftovers
from lsmcal.inputs.domain.domain import Domain
from lsmcal.noah.source import numbers_hash
from lsmcal.parallel.checkpointed import checkpointed
from lsmcal.parallel.checkpoints import Store
from lsmcal.parallel.job import Job
from lsmcal.simulate.output.region import (
    OUTPUT_VERSION,
    read_equilibrium,
    write_equilibrium,
    write_region,
    write_series,
)
from lsmcal.simulate.output.whole import is_whole
from lsmcal.simulate.region import Region
from lsmcal.simulate.spinup.rounds import spin_up_region
from lsmcal.simulate.spinup.spinup import VERSION
from lsmcal.simulate.warm_up import compile_first
from lsmcal.simulate.years import run_region


@dataclass(frozen=True)
class RegionFiles:
    """What a regional run leaves behind.

    Parameters
    ----------
    equilibrium, years : Path
    series : Path or None
        Of the chosen cells.
    """

    equilibrium: Path
    years: Path
    series: Path | None

    @property
    def paths(self) -> list[Path]:
        """All files there are."""
        return [path for path in (self.equilibrium, self.years, self.series) if path is not None]


def run_whole_region(region: Region, folder: Path, job: Job) -> RegionFiles:
    """Spin up and run a region; called by all ranks. What is there already for the same input is not done again.

    Parameters
    ----------
    region : Region
    folder : Path
        Receives ``equilibrium-<hash>.nc``, ``region.nc``, ``series.nc``; checkpoints lie in ``checkpoint/``.
    job : Job

    Returns
    -------
    RegionFiles

    Raises
    ------
    InputError
        When ``checkpoint/`` holds another case's work; it names what differs.
    Stopped
        When the job was asked to stop; the same call goes on.
    """
    first = job.world.is_root
    about = equilibrium_of(region) | run_of(region)
    files, mark = _files_of(region, folder), digest(about)
    unfinished = folder / "checkpoint" / "run"
    Store(unfinished, job.world.rank, about)  # refuses another case's before hours of spin-up
    equilibrium = equilibrate_region(region, folder, job)
    if job.world.bcast(first and not region_is_current(region, folder)):
        compile_first(region, job.world)
        # read once and here: the NetCDF library must not be called from several threads
        settled_state = read_equilibrium(equilibrium, region.domain.cell)

        def start(piece: int) -> dict[str, np.ndarray]:
            return {name: values[region.pieces[piece]] for name, values in settled_state.items()}

        def write(store: Store) -> None:
            write_series(region, store, folder / "series.nc", mark)
            write_region(region, store, equilibrium, files.years, region.attributes | {"fingerprint": mark})

        checkpointed(unfinished, about, job, lambda stage: run_region(region, start, stage), write)
    job.accepted()
    return files


def region_is_current(region: Region, folder: Path) -> bool:
    """Whether the years and series of this very region lie in a folder, whole; a warning says what is not.

    A file of an earlier version, without a checksum, is read, and its sizes are compared.

    Parameters
    ----------
    region : Region
    folder : Path
    """
    files, mark = _files_of(region, folder), digest(equilibrium_of(region) | run_of(region))
    sizes = {"cell": len(region.domain), "layer": region.thickness.size, "year": region.years[1] - region.years[0] + 1}
    if not is_whole(files.years, mark, sizes):
        return False
    # an earlier version wrote no fingerprint into the series
    return files.series is None or is_whole(
        files.series, mark, {"cell": np.intersect1d(region.chosen, region.domain.cell).size}, unmarked=True
    )


def _files_of(region: Region, folder: Path) -> RegionFiles:
    """Where the files of a region go."""
    equilibrium = folder / f"equilibrium-{digest(equilibrium_of(region))[:16]}.nc"
    return RegionFiles(equilibrium, folder / "region.nc", folder / "series.nc" if region.chosen.size else None)


def equilibrate_region(region: Region, folder: Path, job: Job) -> Path:
    """Bring a region to its equilibrium; called by all ranks. A file that is there for the same input is taken.

    Parameters
    ----------
    region : Region
    folder : Path
        Receives ``equilibrium-<hash>.nc``; checkpoints lie in ``checkpoint/``.
    job : Job

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError, Stopped
        As :func:`run_whole_region`.
    """
    first = job.world.is_root
    if first:
        remove_leftovers(folder)
    about = equilibrium_of(region)
    mark = digest(about)
    equilibrium = folder / f"equilibrium-{mark[:16]}.nc"
    if job.world.bcast(first and not is_whole(equilibrium, mark)):
        compile_first(region, job.world)
        checkpointed(
            folder / "checkpoint" / "spinup",
            about,
            job,
            lambda stage: spin_up_region(region, stage),
            lambda store: write_equilibrium(region, store, equilibrium, mark),
        )
    return equilibrium


def equilibrium_of(region: Region) -> dict[str, object]:
    """Everything the equilibrium depends on, as plain values that can be compared and named."""
    spinup = {f"spinup.{item.name}": getattr(region.spinup, item.name) for item in fields(region.spinup)}
    around = {f"region.{item.name}": _plain(getattr(region.around, item.name)) for item in fields(region.around)}
    choices = {f"model.{name}": value for name, value in region.choices.identity().items()}
    weather = {f"weather.{name}": _plain(value) for name, value in region.weather.identity().items()}
    return {
        "source of the model": numbers_hash(),
        "domain": domain_digest(region.domain),
        "tables": _digest_of_tables(region.tables),
        "parameters": {str(name): float(value) for name, value in sorted(region.parameters.items())},
        "spinup.version": VERSION,
        "spinup.years": list(region.cycle),
        "initial.saturation": region.saturation,
        "region.greenness": [float(value) for value in region.greenness],
        "region.snow_albedo_by_class": region.snow_albedo_by_class,
        "model.substeps": region.substeps,
        "model.forcing_between_steps": "linear" if region.linear else "held",
        **spinup,
        **around,
        **choices,
        **weather,
    }


def run_of(region: Region) -> dict[str, object]:
    """What the years depend on besides the equilibrium."""
    return {
        "output.version": OUTPUT_VERSION,
        "run.years": list(region.years),
        "run.series": region.series,
        "run.cells": region.chosen.tolist(),
    }


def domain_digest(domain: Domain) -> str:
    """sha256 of all fields of a domain that a number of the run depends on."""
    named = {item.name: getattr(domain, item.name) for item in fields(Domain) if item.name not in ("area", "target")}
    parts = ((name, values) for name, values in named.items() if isinstance(values, np.ndarray))
    return digest_of_parts(chain.from_iterable(parts))[:SHORT]


def _digest_of_tables(tables) -> str:
    parts: list[str | np.ndarray] = []
    for part in (tables.soil, tables.vegetation):
        for name in sorted(part.columns):
            parts += [name, np.ascontiguousarray(part[name], np.float64)]
    general = json.dumps({name: float(value) for name, value in tables.general.items()}, sort_keys=True)
    return digest_of_parts([*parts, general, np.ascontiguousarray(tables.slope, np.float64)])[:SHORT]


def _plain(value) -> object:
    """Arrays as lists, numpy's numbers as Python's."""
    return np.asarray(value).tolist() if isinstance(value, (np.ndarray, np.generic)) else value
