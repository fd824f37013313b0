"""Verification of whole columns: single steps from stored records, and trajectories over years."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from lsmcal.noah.integrate import Drivers, integrate
from lsmcal.noah.physics.constants import T0
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.statistics import Series
from lsmcal.verify.rows import Row, deviation_row, failure
from lsmcal.verify.trajectory import FLUXES, LAYERED, STATE, Trajectory, read_trajectory

_ONE_STEP = {name: 1e-8 for name in ("STC", "T1")} | {name: 1e-10 for name in ("SMC", "SH2O")}
_FLUX_TOLERANCE, _OUTLIERS = 1e-6, 0.005
#: Frozen trajectories: never stricter than this, and the factor on the spread of the reference's own builds.
_LEAST = {"STC": 0.02, "T1": 0.02, "SMC": 2e-4, "SH2O": 2e-4}
_FACTOR, _LAYER_MEAN = 3.0, 0.02
_FROST_FREE = {"STC": 1e-6, "T1": 1e-6, "SMC": 1e-8, "SH2O": 1e-8}
_SUM_SHARE, _SUM_LEAST = 0.005, 0.5
#: Members of a trajectory, how far apart they start [K], and how much farther than that the reference may be.
_MEMBERS, _PERTURBATION, _EXCHANGEABLE = 8, 1e-9, 1.5


def check_columns(path: Path, source: str = "") -> list[Row]:
    """Rows of one stored trajectory: restarted single steps, then the whole run.

    Parameters
    ----------
    path : Path
    source : str
        How to call the file in the rows; its name by default.
    """
    source = source or path.name
    try:
        trajectory = read_trajectory(path)
    except (ValueError, TypeError, OSError) as error:
        return [failure(source, f"cannot be read as a trajectory: {error}")]
    try:
        return [*_one_step_rows(trajectory, source), *_run_rows(trajectory, source)]
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        return [failure(source, f"the model rejects the trajectory: {error!r}")]


def _pairs(index: np.ndarray) -> np.ndarray:
    """Positions k of records whose next record is the next step."""
    return np.flatnonzero(np.diff(index) == 1)


def _stored_state(data: Mapping[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    return {ours: data[f"step_{name}"][rows] for name, ours in STATE.items()}


def _repeated(trajectory: Trajectory, columns: int) -> Blocks:
    """Blocks of so many equal columns with the trajectory's parameters."""
    layers = trajectory.data["SLDPTH"].size
    blocks = Blocks(columns, layers)
    for name, value in trajectory.parameters().items():
        shape = (columns, layers) if np.ndim(value) == 2 else (columns,)
        blocks.set({name: np.broadcast_to(value if np.ndim(value) == 2 else np.ravel(value), shape)})
    return blocks


def _one_step_rows(trajectory: Trajectory, source: str) -> list[Row]:
    """Every stored pair of consecutive records as one column of a large batch, advanced by one step."""
    data, index = trajectory.data, trajectory.data["step_index"].astype(int)
    rows = _pairs(index)
    layers = data["SLDPTH"].size
    blocks = _repeated(trajectory, rows.size)
    blocks.set(_stored_state(data, rows))
    every = trajectory.drivers()
    steps = index[rows + 1]

    def by_lane(values):
        spread = Blocks(rows.size, layers)
        out = []
        for v in range(values.shape[2]):
            spread.set({"air_temperature": values[0, steps, v, 0]})
            out.append(np.asarray(spread.column["air_temperature"]).copy())
        return np.stack(out, axis=1)[:, None]

    drivers = Drivers(by_lane(every.forcing), by_lane(every.phenology), np.zeros(1, np.int64), every.step)
    integrate(blocks, drivers, trajectory.choices.kernel_options())
    result = []
    for name, tolerance in _ONE_STEP.items():
        ours = blocks.layer_field(STATE[name]) if name in LAYERED else blocks.column_field(STATE[name])
        result.append(
            deviation_row(source, f"one step: {name}", ours, data[f"step_{name}"][rows + 1], 0.0, tolerance, _OUTLIERS)
        )
    for name, (field, sign) in FLUXES.items():
        ours = sign * blocks.column_field(field)
        reference = data[f"step_{name}"][rows + 1]
        result.append(deviation_row(source, f"one step: {name}", ours, reference, 0.0, _FLUX_TOLERANCE, _OUTLIERS))
    return result


def _member_blocks(trajectory: Trajectory, members: int) -> Blocks:
    """The column as it starts and, beside it, members whose soil temperature is off by at most 1e-9 K."""
    data, layers = trajectory.data, trajectory.data["SLDPTH"].size
    blocks = _repeated(trajectory, 1 + members)
    state = {}
    for name, ours in STATE.items():
        shape = (1 + members, layers) if name in LAYERED else (1 + members,)
        state[ours] = np.broadcast_to(data[f"init_{name}"], shape).copy()
    noise = np.random.default_rng(0).uniform(-_PERTURBATION, _PERTURBATION, (members, layers))
    state["temperature"][1:] += noise
    blocks.set(state)
    return blocks


def _recorded(trajectory: Trajectory, recorders_of) -> list[Series]:
    """Run the trajectory once for each recorder; a run with other recorders is the same run."""
    drivers, options = trajectory.drivers(), trajectory.choices.kernel_options()
    start = _member_blocks(trajectory, _MEMBERS)
    recorders = recorders_of(start, len(drivers), round(86400.0 / drivers.step))
    for recorder in recorders:
        integrate(start.copy(), drivers, options, series=recorder)
    return recorders


def _run_rows(trajectory: Trajectory, source: str) -> list[Row]:
    """The whole trajectory from its initial state."""
    data = trajectory.data

    def recorders_of(blocks: Blocks, steps: int, per_day: int) -> list[Series]:
        day = np.arange(steps) // per_day
        stored = np.full(steps, -1)
        stored[data["step_index"].astype(int)] = np.arange(data["step_index"].size)
        last = np.where(np.arange(steps) % per_day == per_day - 1, day, -1)
        profile = ("temperature", "water", "liquid")
        fluxes = ("latent_heat", "surface_runoff", "drainage", "overflow")
        return [
            Series(blocks, stored, column=("skin_temperature",), layer=profile),
            Series(blocks, day, column=fluxes, layer=("temperature",)),
            Series(blocks, last, layer=profile),
        ]

    at_steps, daily, ends = _recorded(trajectory, recorders_of)
    pairs = {
        "STC": [
            (at_steps.layer_mean("temperature"), data["step_STC"]),
            (daily.layer_mean("temperature"), data["daymean_STC"]),
        ],
        "T1": [(at_steps.column_mean("skin_temperature"), data["step_T1"])],
        "SMC": [(at_steps.layer_mean("water"), data["step_SMC"]), (ends.layer_mean("water"), data["daylast_SMC"])],
        "SH2O": [
            (at_steps.layer_mean("liquid"), data["step_SH2O"]),
            (ends.layer_mean("liquid"), data["daylast_SH2O"]),
        ],
    }
    frozen = min(float(data["step_STC"].min()), float(data["daymean_STC"].min())) < T0
    rows = []
    for name, parts in pairs.items():
        ours = np.concatenate([one.reshape(one.shape[0], -1) for one, _ in parts], axis=1)
        theirs = np.concatenate([np.ravel(other) for _, other in parts])
        if frozen:
            rows.extend(_spread_rows(trajectory, source, name, ours, theirs))
        else:
            rows.append(deviation_row(source, f"run: {name}", ours[0], theirs, 0.0, _FROST_FREE[name]))
    rows.append(_layer_mean_row(source, daily.layer_mean("temperature")[0] - data["daymean_STC"]))
    rows.extend(_sum_rows(trajectory, source, daily, trajectory.drivers().step))
    return rows


def _rms(difference: np.ndarray) -> float:
    return float(np.sqrt(np.mean(difference**2)))


def _q99(difference: np.ndarray) -> float:
    return float(np.quantile(np.abs(difference), 0.99))


def _spread_rows(trajectory: Trajectory, source: str, name: str, ours: np.ndarray, theirs: np.ndarray) -> list[Row]:
    """Root mean square and 99 % quantile against the spread of the reference's own builds.

    Freezing amplifies rounding until it is bounded, so one run is one draw. Where the unperturbed run lies outside the
    rule, the reference must be as near to our perturbed members as they are to each other.
    """
    builds = json.loads(str(trajectory.attributes["rounding_sensitivity_json"])).values()
    rows = []
    for label, statistic in (("rms", _rms), ("q99", _q99)):
        spread = max(float(build[name][label]) for build in builds if name in build)
        limit = max(_FACTOR * spread, _LEAST[name])
        value = statistic(ours[0] - theirs)
        row = _statistic_row(source, f"run: {name} {label}", ours[0] - theirs, value, limit)
        rows.append(row if row.passed else _judged_by_members(row, statistic, ours, theirs, limit))
    return rows


def _judged_by_members(row: Row, statistic, ours: np.ndarray, theirs: np.ndarray, limit: float) -> Row:
    """Replace the verdict of an unlucky run by that of its members; the row says so."""
    to_reference = float(np.median([statistic(member - theirs) for member in ours]))
    pairs = [statistic(ours[i] - ours[j]) for i in range(len(ours)) for j in range(i)]
    among = float(np.median(pairs))
    alike = bool(np.isfinite(to_reference)) and to_reference <= max(_EXCHANGEABLE * among, limit)
    note = (
        f"own run at {row.most / limit:.2f} of the limit; evaluated with {len(ours) - 1} members started 1e-9 K apart: "
        f"median {to_reference:.3g} from the reference, {among:.3g} among themselves"
    )
    return replace(row, passed=alike, note=note)


def _statistic_row(source: str, variable: str, difference: np.ndarray, value: float, limit: float) -> Row:
    """Row whose verdict is about one statistic of the differences."""
    finite = bool(np.isfinite(value))
    return Row(
        source,
        variable,
        compared=int(difference.size),
        largest=float(np.abs(difference).max()),
        most=value,
        largest_share=value / limit,
        most_share=value / limit,
        tolerance=f"{limit:.3g}",
        passed=finite and value <= limit,
        note="statistic in place of the 99 % deviation",
    )


def _layer_mean_row(source: str, difference: np.ndarray) -> Row:
    """Mean difference of each layer over the run."""
    means = np.abs(difference.mean(axis=0))
    return _statistic_row(source, "run: STC mean of each layer", means, float(means.max()), _LAYER_MEAN)


def _sum_rows(trajectory: Trajectory, source: str, daily: Series, step: float) -> list[Row]:
    """Evaporation and runoff accumulated over the run, in mm."""
    data = trajectory.data
    seconds = 86400.0
    latent = daily.column_mean("latent_heat")[0].sum() * seconds / 2.501e6
    latent_reference = float(data["daymean_ETA"].sum()) * seconds / 2.501e6
    per_second = daily.column_mean("surface_runoff")[0] + daily.column_mean("drainage")[0]
    runoff = (per_second + daily.column_mean("overflow")[0] / step).sum() * seconds * 1000.0
    runoff_reference = float((data["daymean_RUNOFF1"] + data["daymean_RUNOFF2"]).sum()) * seconds * 1000.0
    rows = []
    for name, ours, reference in (("ETA", latent, latent_reference), ("RUNOFF1 + RUNOFF2", runoff, runoff_reference)):
        limit = max(_SUM_SHARE * abs(reference), _SUM_LEAST)
        difference = np.array([ours - reference])
        rows.append(_statistic_row(source, f"run: sum of {name} [mm]", difference, float(abs(difference[0])), limit))
    return rows
