"""What a calibration over many cells came to, as plain values, ready to be written, drawn and reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lsmcal.calibration.run_search import search_cost
from lsmcal.core.errors import not_none
from lsmcal.core.words import counted
from lsmcal.evaluation.agreement import Confusion
from lsmcal.search.convergence import Convergence, analyse
from lsmcal.search.ensemble import MEMBERS, Ensemble, draw_from_front, draw_members
from lsmcal.search.equifinality import CONSTRAINED, compensations, equifinality, near_best
from lsmcal.search.history import History
from lsmcal.search.pareto import front as pareto_front


@dataclass(frozen=True)
class CellMaps:
    """Maps over the cells of a region.

    Parameters
    ----------
    cell : (n,) array of int64
        Numbers on the grid, ascending.
    longitude, latitude, area : (n,) arrays
        Centres [degrees] and areas [m2] of the cells.
    grid_longitude, grid_latitude : (nx,), (ny,) arrays
        Centres of the grid [degrees].
    target : (n,) array of int8
        1 permafrost, 0 none, -1 unknown.
    runs : mapping of str to (n,) array of int8
        Simulated maps by the name of the run: ``default``, ``calibrated`` and others; codes as of the target.
    sensitive, held_out : (n,) arrays of bool
        The sensitive region; cells withheld for validation.
    wrong : (n,) array of bool or None
        Cells of a twin's target that were given the wrong class.
    """

    cell: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    area: np.ndarray
    grid_longitude: np.ndarray
    grid_latitude: np.ndarray
    target: np.ndarray
    runs: Mapping[str, np.ndarray]
    sensitive: np.ndarray
    held_out: np.ndarray
    wrong: np.ndarray | None = None


def cell_maps(domain, target, runs, sensitive, held_out, wrong=None) -> CellMaps:
    """The maps of a :class:`~lsmcal.inputs.domain.domain.Domain`; arrays as of :class:`CellMaps`."""
    byte = np.int8
    return CellMaps(
        domain.cell,
        domain.longitude,
        domain.latitude,
        domain.area,
        domain.grid.longitude,
        domain.grid.latitude,
        np.asarray(target, byte),
        {name: np.asarray(one, byte) for name, one in runs.items()},
        np.asarray(sensitive, bool),
        np.asarray(held_out, bool),
        None if wrong is None else np.asarray(wrong, bool),
    )


@dataclass(frozen=True)
class MapCalibration:
    """A finished calibration of a region. Make one with :func:`conclusions`.

    Parameters
    ----------
    history : History
        Every trial; the first is the default set.
    stopped : str
        Why the search ended.
    goals : mapping
        Name of a goal to run to value, over the cells of the goal.
    confusions : mapping
        Name of a set of cells (calibrated, held-out, all) to run to Confusion; empty without a map.
    year : int or None
        Of the map.
    convergence : Convergence
    front : tuple of int
        Trials of the Pareto front; empty with a single goal.
    ensemble : Ensemble
    near : int
        Count of the near-best sets that ``rows`` tell of.
    rows, pairs : list of dict
        Of :func:`~lsmcal.search.equifinality.equifinality` and ``compensations``.
    fixed : mapping
        Parameters that held throughout.
    maps : CellMaps or None
    notes : tuple of str
        What a reader must not miss, sentences without full stop.
    combine : {"weighted", "pareto"}
        Whether the ensemble and the near-best sets come from the optimal set or from the Pareto front.
    """

    history: History
    stopped: str
    goals: Mapping[str, Mapping[str, float]]
    confusions: Mapping[str, Mapping[str, Confusion]]
    year: int | None
    convergence: Convergence
    front: tuple[int, ...]
    ensemble: Ensemble
    near: int
    rows: list[dict[str, object]]
    pairs: list[dict[str, object]]
    fixed: Mapping[str, float] = field(default_factory=dict)
    maps: CellMaps | None = None
    notes: tuple[str, ...] = ()
    combine: str = "weighted"

    @property
    def engine(self) -> str:
        """Name of the engine."""
        return str(self.history.header["fingerprint"]["engine"]["name"])

    @property
    def measure(self) -> str:
        """What was searched for, as an axis is called."""
        if len(self.history.goals) > 1:
            return "weighted mean of the goals"
        return str(self.history.header["fingerprint"]["objective"]["name"])

    @property
    def best(self) -> dict[str, float]:
        """Parameters of the best set, with those that held throughout."""
        return {**self.fixed, **not_none(self.history.best).parameters}

    def cost(self) -> dict[str, object]:
        """What the search cost and came to, as plain values."""
        found = {
            "threshold": float(self.convergence.threshold),
            "optimal": len(self.convergence.optimal),
            "members": len(self.ensemble.trials),
            "constrained": sum(row["verdict"] == CONSTRAINED for row in self.rows),
            "parameters": len(self.rows),
        }
        return {"engine": self.engine, "measure": self.measure, **search_cost(self.history, self.stopped, found)}

    def summary(self) -> list[tuple[str, str]]:
        """The same in words: label and text."""
        cost = self.cost()
        before = "failed" if cost["default"] is None else f"{cost['default']:.3f}"
        return [
            (self.measure, f"{before} with the default set, {cost['best']:.3f} with trial {cost['best_trial']}"),
            (
                "search",
                f"{counted(len(self.history), 'evaluation')} with {cost['engine']}, "
                f"{cost['failed']} failed, ended by {cost['stopped']}",
            ),
            (
                "near-best",
                f"from {cost['threshold']:.3f}: {counted(len(self.convergence.optimal), 'trial')}; "
                f"{counted(len(self.ensemble.trials), 'member')}",
            ),
            ("parameters", f"{cost['constrained']} of {cost['parameters']} constrained"),
            ("time", f"model {cost['model_seconds']:.1f} s, optimiser {cost['optimiser_seconds']:.1f} s"),
            *(("note", note) for note in self.notes),
        ]


def conclusions(
    history: History,
    stopped: str,
    goals: Mapping[str, Mapping[str, float]],
    *,
    combine: str = "weighted",
    members: int = MEMBERS,
    seed: int = 0,
    confusions: Mapping[str, Mapping[str, Confusion]] | None = None,
    year: int | None = None,
    fixed: Mapping[str, float] | None = None,
    maps: CellMaps | None = None,
    notes: Sequence[str] = (),
) -> MapCalibration:
    """Convergence, ensemble, front and equifinality of a search, with what its best set does.

    Parameters
    ----------
    history, stopped
        Of the search.
    goals, confusions, year, fixed, maps, notes
        As of :class:`MapCalibration`.
    combine : {"weighted", "pareto"}
        As of :class:`MapCalibration`; with a single goal always ``weighted``.
    members, seed : int
        Of the ensemble.

    Raises
    ------
    ValueError
        When no trial succeeded.
    """
    found = analyse(history.objectives, history.maximise)
    several = len(history.goals) > 1
    front = tuple(pareto_front(history.goal_losses).tolist()) if several else ()
    combine = combine if several else "weighted"
    if combine == "pareto":
        chosen, ensemble = front, draw_from_front(history.goal_losses, front, members, seed)
    else:
        chosen, ensemble = found.optimal, draw_members(found.optimal, members, seed)
    near, note = near_best(history.losses, chosen)
    said = [*notes, *(text for text in (ensemble.note, note) if text)]
    return MapCalibration(
        history,
        stopped,
        goals,
        confusions or {},
        year,
        found,
        front,
        ensemble,
        len(near),
        equifinality(history, near),
        compensations(history, near),
        fixed or {},
        maps,
        tuple(said),
        combine,
    )
