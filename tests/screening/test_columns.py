"""Cells as columns for many parameter sets: the same model as the region's, failures, physical sense."""

from pathlib import Path

import numpy as np
import pytest

from lsmcal.case import load_case
from lsmcal.noah.runtime.grid import PAPER_THICKNESS
from lsmcal.noah.runtime.state import COLUMN, LAYER
from lsmcal.screening.case_columns import columns_of
from lsmcal.screening.output import rank_result
from lsmcal.screening.stage import screening_of
from lsmcal.sensitivity import analyze
from tests.screening.small import small_case

#: Of the plants alone: nothing where nothing grows.
_PLANTS = (
    "SBETA",
    "TOPT",
    "CMCMAX",
    "CFACTR",
    "RSMAX",
    "NROOT",
    "RS",
    "RGL",
    "HS",
    "LAIMIN",
    "LAIMAX",
    "EMISSMAX",
    "ALBEDOMIN",
    "Z0MAX",
)
_GROUND = ("TBOT", "CZIL", "MAXSMC", "ALBEDOMAX", "FXEXP")


def unwatched(done, of):
    """Nobody looks at the progress."""


@pytest.fixture(scope="module")
def indices(tmp_path_factory):
    """IVARS-50 by response and parameter, on the paper's column."""
    thickness = ", ".join(str(float(value)) for value in PAPER_THICKNESS)
    names = ", ".join(f'"{name}"' for name in (*_PLANTS, *_GROUND))
    folder = small_case(
        tmp_path_factory.mktemp("sense"),
        {
            "0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0": thickness,
            "[0.1, 2.0]": "[0.1, 10.2]",
            '"FXEXP", "CZIL", "TBOT", "ALBEDOMAX", "MAXSMC"': names,
            "delta_h = 0.25": "delta_h = 0.5",
            "\ncycles = 1": "\ncycles = 3",
            "keep = 2": 'keep = 2\nsoil = "loam"',
        },
    )
    case = load_case(folder)
    screening = screening_of(case)
    values, responses = [], []
    for column in screening.columns:
        found = column.run(column.parameter_sets(screening.points), column.default_state(), unwatched)
        assert not (found["failure"] != "").any()
        for response in case.screen.responses:
            for depth in case.screen.depths:
                responses.append(f"{column.name} {response} {depth:g}")
                values.append(found[response][:, np.abs(column.region.depth - depth).argmin()])
    problem = {"names": case.screen.names(), "bounds": [[0.0, 1.0]] * len(case.screen.names())}
    result = analyze(problem, screening.points, np.stack(values, axis=1), delta_h=0.5, responses=responses)
    table = {
        (name, parameter): result.ivars[r, -1, k]
        for r, name in enumerate(responses)
        for k, parameter in enumerate(result.names)
    }
    return table, case, result


def test_the_zilitinkevich_coefficient_has_no_effect_where_plants_are_sparse(indices):
    table, _, result = indices
    for name in result.responses:
        if name.startswith("bare"):
            assert table[name, "CZIL"] == 0.0
    assert table["grass temperature 0.1", "CZIL"] > 0.0


def test_plants_have_no_effect_where_nothing_grows(indices):
    table, _, result = indices
    for name in result.responses:
        of_plants = {parameter: table[name, parameter] for parameter in _PLANTS}
        if name.startswith("bare"):
            assert not any(of_plants.values()), (name, of_plants)
    # the cells have monthly leaf areas of their own, which leave the table's range without effect
    with_leaves = [parameter for parameter in _PLANTS if parameter not in ("LAIMIN", "LAIMAX")]
    assert all(table["grass temperature 0.1", parameter] > 0.0 for parameter in with_leaves)


@pytest.mark.parametrize("cell", ["bare", "grass"])
def test_the_temperature_below_matters_at_depth_and_not_for_surface_moisture(indices, cell):
    table, _, result = indices

    def share(response):
        return table[f"{cell} {response}", "TBOT"] / max(table[f"{cell} {response}", name] for name in result.names)

    assert share("temperature 10.2") > 0.05
    assert share("water 0.1") < 1e-4


def test_a_response_that_does_not_vary_ranks_nothing(indices):
    _, case, result = indices
    points = screening_of(case).points
    problem = {"names": list(result.names), "bounds": [[0.0, 1.0]] * len(result.names)}
    values = np.stack([np.zeros(len(points)), points @ np.arange(1.0, len(result.names) + 1)], axis=1)
    found = analyze(problem, points, values, delta_h=0.5, responses=["flat", "slope"])
    ranking, notes = rank_result(case.screen, found)
    assert ranking.responses == ("slope",) and "flat" in notes[0]


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    """The small case's columns, under a parameter set of the case, each with its own soil."""
    parameters = '[parameters]\nTBOT = 0.7\n"MAXSMC[7]" = 0.4\nCZIL = 0.3\n[screen]'
    return columns_of(load_case(small_case(tmp_path_factory.mktemp("columns"), {"[screen]": parameters})))


def test_the_default_set_is_the_column_of_the_region(columns):
    """Laid over the region's parameters as every sample is, they change nothing; the weather is the cell's."""
    for column in columns:
        ours = column.region.columns(np.zeros(1, int), [column.region.parameters]).blocks
        theirs = column.region.columns(np.zeros(1, int)).blocks
        for name in COLUMN.names:
            np.testing.assert_array_equal(ours.column_field(name), theirs.column_field(name), err_msg=name)
        for name in LAYER.names:
            np.testing.assert_array_equal(ours.layer_field(name), theirs.layer_field(name), err_msg=name)
        drivers = column.region.drivers(np.zeros(1, int), *column.region.steps_of(1979, 1979))
        np.testing.assert_array_equal(column.cycle.drivers.forcing[0, :, :, 0], drivers.forcing[0, :, :, 0])


def test_all_classes_of_a_column_vary_together(columns):
    column = columns[0]
    names = column.space.names
    classes = [name for name in names if name.startswith("MAXSMC[")]
    assert len(classes) == np.unique(column.region.domain.soil).size > 1
    point = np.full((1, 5), 0.25)
    point[0, 3] = 1.0  # MAXSMC, the fourth in the table's order
    one = column.parameter_sets(point)[0]
    for dimension in column.space.dimensions:
        assert one[dimension.name] == dimension.value(1.0 if dimension.name in classes else 0.25)


def test_a_run_that_fails_is_none_and_leaves_the_others_as_they_are(columns):
    column = columns[1]
    state = column.default_state()
    good = [{}, {"FXEXP": 3.0}]
    alone = column.run(good, state, unwatched)
    mixed = column.run([good[0], {"CSOIL": np.nan}, good[1]], state, unwatched)
    assert "non-finite" in mixed["failure"][1] and list(mixed["failure"][[0, 2]]) == ["", ""]
    assert np.isnan(mixed["temperature"][1]).all() and np.isnan(mixed["water"][1]).all()
    for name in ("temperature", "water", "cycles"):
        np.testing.assert_array_equal(mixed[name][[0, 2]], alone[name])
    none = column.run([{"CSOIL": np.nan}], state, unwatched)
    assert np.isnan(none["temperature"]).all()


def test_the_shipped_case_has_the_published_size_with_a_hundred_stars():
    case = Path(__file__).resolve().parents[2] / "cases" / "screen-plateau"
    screening = screening_of(load_case(case, ["screen.centers=100", "run.years=[2010, 2010]"]))
    assert screening.points.shape == (27100, 30)
    assert [bool(column.region.domain.dense[0]) for column in screening.columns] == [True, True, False]
    assert all(column.space.names[0] == "SBETA" and len(column.space) == 30 for column in screening.columns)
    covered = [screening.part(piece) for piece in screening.pieces]
    assert sum(part.stop - part.start for _, part in covered) == 3 * 27100
