"""The space of a region: Table S1 of Ji et al. (2026), screening files, overrides, physical ranges, other classes."""

import json
from dataclasses import replace

import netCDF4
import numpy as np
import pytest

from lsmcal.calibration.space import chosen_parameters, class_table, space_of_region
from lsmcal.core.errors import InputError
from lsmcal.noah.parameters.overrides import split_key
from lsmcal.noah.parameters.tables import GENERAL_TABLES, SOIL_TABLES, load_tables, with_roots_by_depth
from lsmcal.noah.runtime.grid import PAPER_THICKNESS
from lsmcal.noah.runtime.state import COLUMN, LAYER
from lsmcal.parallel.job import Job
from lsmcal.parameters.space import build_space
from lsmcal.parameters.table import parameter_table, sensitive_parameters
from lsmcal.search.engines import make
from lsmcal.search.loop import Outcome, search
from lsmcal.simulate.spinup.spinup import SpinUp
from lsmcal.simulate.stage import run_whole_region
from tests.simulate.small_region import Waves, small_domain, small_region

TEN = sensitive_parameters()
TUNABLE = [row.name for row in parameter_table() if row.status == "tunable"]
#: Table S1. The classes behind "Other" are not named there: they are spread here so that none is predominant. Its
#: 1,156 other cells are 11.8 % only if they are 1,598, which also makes the layers 18 times the cells.
CELLS = {7: 5435, 8: 1049, 9: 3762, 19: 1672, 2: 400, 5: 399, 10: 399, 22: 400}
LAYERS = {7: 108852, 9: 19246, 12: 33705, 13: 13839, 14: 58902, 4: 4372, 6: 4372}
TGL = [7] * 7 + [12] * 3 + [13] * 7 + [9]
TSH = [11] * 3 + [12] * 3 + [14] * 12


def of_classes(vegetation, soil):
    """The small region with cells of these classes."""
    count = len(vegetation)
    domain = replace(
        small_domain(count, PAPER_THICKNESS), vegetation=np.asarray(vegetation), soil=np.reshape(soil, (count, 18))
    )
    return small_region(domain=domain)


def spread(counts):
    return np.repeat(list(counts), list(counts.values()))


@pytest.fixture(scope="module")
def published():
    """As many cells and layers of each class as Table S1 counts in the sensitive region."""
    order = np.random.default_rng(4).permutation(sum(LAYERS.values()))
    return of_classes(spread(CELLS), spread(LAYERS)[order])


@pytest.mark.parametrize(("vegetation", "soil", "classes"), [(7, TGL, "[12] [13] [7]"), (19, TSH, "[11] [12] [14]")])
def test_a_site_of_table_s1_has_twelve_dimensions(vegetation, soil, classes):
    space = space_of_region(of_classes([vegetation], soil), np.array([0]), TEN)
    assert len(space) == 12 and space.levels == 101
    assert sorted(name[6:] for name in space.names if name.startswith("MAXSMC")) == classes.split()


def test_the_sensitive_cells_of_table_s1_have_twenty_six(published):
    everywhere = np.arange(len(published.domain))
    assert everywhere.size == 13516
    space = space_of_region(published, everywhere, TEN)
    assert len(space) == 26
    by_class = {name: [split_key(key)[1] for key in space.names if split_key(key)[0] == name] for name in TEN}
    assert by_class["EMISSMIN"] == by_class["ALBEDOMAX"] == [7, 8, 9, 19]
    assert by_class["MAXSMC"] == [7, 9, 12, 13, 14]


@pytest.mark.parametrize(("threshold", "site", "region"), [(0.0555, 13, 26), (0.0568, 12, 26), (0.0570, 12, 25)])
def test_the_threshold_of_table_s1_is_narrow(published, threshold, site, region):
    index = np.arange(len(published.domain))
    assert len(space_of_region(of_classes([7], TGL), np.array([0]), TEN, threshold=threshold)) == site
    assert len(space_of_region(published, index, TEN, threshold=threshold)) == region


def test_class_table_counts_cells_and_layers(published):
    rows = {(row["group"], row["class"]): row for row in class_table(published, np.arange(13516))}
    assert rows["soil", 13]["count"] == 13839 and rows["soil", 13]["name"] == "gravel" and rows["soil", 13]["varied"]
    assert round(100 * rows["soil", 13]["share"], 1) == 5.7
    assert [round(100 * rows["vegetation", n]["share"], 1) for n in (7, 8, 9, 19)] == [40.2, 7.8, 27.8, 12.4]
    assert not rows["vegetation", 2]["varied"] and sum(row["count"] for row in rows.values()) == 13516 * 19


def test_only_the_given_cells_count():
    region = of_classes([7, 7, 8], [[7] * 18, [12] * 18, [13] * 18])
    names = ["EMISSMIN", "MAXSMC"]
    assert space_of_region(region, np.array([2]), names).names == ("EMISSMIN[8]", "MAXSMC[13]")
    assert space_of_region(region, np.array([True, True, False]), names).names == (
        "EMISSMIN[7]",
        "MAXSMC[7]",
        "MAXSMC[12]",
    )


# -- names from a screening ---------------------------------------------------------------------------------------
def test_a_screening_gives_the_names(tmp_path):
    path = tmp_path / "chosen.json"
    path.write_text(json.dumps({"names": list(TEN), "set": "calibrate.parameters=[]"}))
    region = of_classes([7], TGL)
    assert chosen_parameters(path) == list(TEN)
    assert space_of_region(region, np.array([0]), path) == space_of_region(region, np.array([0]), TEN)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        ("{", "not JSON"),
        ("[]", "no list of names"),
        ('{"chosen": []}', "no list of names"),
        ('{"names": []}', "has an empty list of names"),
        ('{"names": "SBETA"}', "no list of names"),
        ('{"names": [3]}', "is not a name"),
        ('{"names": ["SBETTA"]}', "did you mean SBETA"),
        ('{"names": ["SBETA", "SBETA"]}', "given twice"),
        ('{"names": ["REFSMC"]}', "passive"),
        (b"\xff\xfe\x00", "not a text file in UTF-8"),
    ],
)
def test_screening_files_that_are_refused(tmp_path, content, message):
    path = tmp_path / "chosen.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message) as caught:
        space_of_region(of_classes([7], TGL), np.array([0]), path)
    assert caught.value.problems[0].source == str(path)


def test_all_bad_names_of_a_file_are_told_at_once(tmp_path):
    path = tmp_path / "chosen.json"
    path.write_text('{"names": ["KDT", "SBETTA", null, "SBETA"]}')
    with pytest.raises(InputError) as caught:
        chosen_parameters(path)
    assert [problem.value for problem in caught.value.problems] == ["KDT", "SBETTA", "None"]


# -- defaults and ranges ------------------------------------------------------------------------------------------
OVERRIDES = {"SBETA": -1.7, "MAXSMC[7]": 0.41, "EMISSMIN[7]": 0.9, "NROOT[7]": 5, "TBOT": 0.4, "QTZ[9]": 0.5}


def test_the_regions_own_overrides_are_the_defaults():
    region = replace(of_classes([7], TGL), parameters=OVERRIDES)
    space = space_of_region(region, np.array([0]), [*TEN, "NROOT"])
    default = space.default_parameters()
    assert {key: default[key] for key in OVERRIDES if key != "QTZ[9]"} == {
        key: value for key, value in OVERRIDES.items() if key != "QTZ[9]"
    }
    bounds = dict(zip(space.names, space.bounds.tolist(), strict=True))
    assert bounds["MAXSMC[7]"] == pytest.approx([0.9 * 0.41, 1.1 * 0.41])
    assert bounds["TBOT"] == pytest.approx([-1.1, 1.9]) and bounds["NROOT[7]"] == [3.0, 7.0]
    narrowed = space_of_region(region, np.array([0]), TEN, ranges={" TBOT": [-1.0, 1.0]})
    assert narrowed.dimensions[-1].default == 0.4 and narrowed.bounds[-1].tolist() == [-1.0, 1.0]


@pytest.mark.parametrize("own", [{}, OVERRIDES])
@pytest.mark.parametrize("passive", ["ratio", "table"])
def test_the_default_set_leaves_every_column_as_it_is(own, passive):
    region = small_region(parameters=own)
    region = replace(region, choices=replace(region.choices, passive=passive))
    index = np.arange(len(region.domain))
    default = space_of_region(region, index, TUNABLE).default_parameters()
    assert_same_columns(region, with_parameters(region, default), index)


def test_trial_zero_is_the_exact_default_off_the_levels(tmp_path):
    region = of_classes([7], TGL)
    space = space_of_region(region, np.array([0]), TEN)
    asked = []

    def evaluate(points):
        asked.extend(points)
        return [Outcome(float(point.trial)) for point in points]

    search(evaluate, space, make("random", len(space), batch=2, seed=1), tmp_path / "history.jsonl", 3)
    assert asked[0].parameters == dict(space.default_parameters())
    assert asked[0].parameters["SBETA"] == region.tables.general["SBETA"]
    assert np.abs(np.subtract(asked[0].x, space.snap(asked[0].x))).max() > 1e-4
    for point in asked[1:]:
        np.testing.assert_allclose(np.multiply(point.x, 100), np.rint(np.multiply(point.x, 100)), atol=1e-9)


@pytest.mark.parametrize("general", GENERAL_TABLES)
@pytest.mark.parametrize("soil", SOIL_TABLES)
def test_ranges_are_physical_in_every_class_of_every_table(soil, general):
    tables = with_roots_by_depth(load_tables(soil, "usgs", general))
    for row in parameter_table():
        if row.status != "tunable":
            continue
        classes = range(1, len(getattr(tables, row.group)) + 1) if row.by_class else [None]
        for number in classes:
            check_range(tables, row, number)


def check_range(tables, row, number):
    """The range lies within the limits of physics; there is none only where the table has no such ground."""
    present = {} if number is None else {row.group: [number]}
    try:
        (dimension,) = build_space([row.name], tables, **present, layers=18).dimensions
    except InputError as error:
        assert "no range to vary" in str(error)
        assert tables.soil.classes[number - 1] == "water", (row.name, number)
        return
    if number is not None and getattr(tables, row.group).classes[number - 1] == "water":
        return  # its porosity of 1 is no default within reach; a space of a region refuses it
    low, high = row.limits
    assert low <= dimension.low < dimension.high <= high, dimension
    if row.name.startswith("EMISS") or row.name == "QTZ":
        assert dimension.high <= 1.0
    assert dimension.low <= dimension.default <= dimension.high, dimension


def test_roots_are_whole_and_stay_within_the_layers():
    domain = small_domain(2)
    few = replace(domain, soil=domain.soil[:, :7], thickness=domain.thickness[:7], vegetation=np.array([7, 7]))
    space = space_of_region(small_region(domain=few), np.arange(2), ["NROOT"])
    assert space.bounds.tolist() == [[4.0, 7.0]]
    assert {space.to_values([unit])[0] for unit in np.linspace(0, 1, 101)} == {4.0, 5.0, 6.0, 7.0}


@pytest.mark.parametrize(
    ("index", "changes", "message"),
    [
        ([], {}, "no cell to take classes from"),
        ([0], {"ranges": {"SBETA": [-2.0, -2.0]}}, "low above high"),
        ([0], {"ranges": {"SBETA": [-2.0]}}, "is not a range"),
        ([0], {"ranges": {"EMISSMIN": [0.9, 1.2]}}, "1.2 is physically impossible"),
        ([0], {"names": ["NROOT"], "ranges": {"NROOT": [18, 25]}}, "no range to vary"),
        ([0], {"names": ["MAXSMC[14]"]}, "soil class 14 does not occur"),
        ([0], {"names": ["EMISSMIN[8]"]}, "vegetation class 8 does not occur"),
        ([0], {"names": ["MAXSMC"], "threshold": 0.5}, "no soil class to vary MAXSMC for"),
    ],
)
def test_spaces_that_cannot_be(index, changes, message):
    settings = {"names": ["SBETA", "EMISSMIN"], "source": "case.toml: calibrate"} | changes
    with pytest.raises(InputError, match=message) as caught:
        space_of_region(of_classes([7, 8], [TGL, TSH]), np.array(index, int), **settings)
    assert "case.toml" in str(caught.value)


def test_a_default_that_physics_does_not_allow_is_refused():
    tables = with_roots_by_depth(load_tables("wrf"))
    region = replace(of_classes([7], [14] * 18), tables=tables)
    with pytest.raises(InputError, match=r"MAXSMC\[14\].*default.*physically impossible"):
        space_of_region(region, np.array([0]), ["MAXSMC"])


# -- classes that are not varied ----------------------------------------------------------------------------------
#: Layer fields in which another layer's class has a part: published leaks and the storage deficit.
ACROSS_LAYERS = {"deficit_capacity", "deficit_capacity_corrector"}
BY_CLASS = [row.name for row in parameter_table() if row.status == "tunable" and row.by_class]


def with_parameters(region, parameters):
    """The region with a set over its own parameters."""
    return replace(region, parameters={**region.parameters, **parameters})


def assert_same_columns(one, other, index):
    first, second = one.columns(index).blocks, other.columns(index).blocks
    for name in COLUMN.names:
        np.testing.assert_array_equal(first.column_field(name), second.column_field(name), err_msg=name)
    for name in LAYER.names:
        np.testing.assert_array_equal(first.layer_field(name), second.layer_field(name), err_msg=name)


def mixed_region():
    """Plants 7, 8 and soils 7, 9, 12 in six cells: two of varied classes, two of others, two of both."""
    loam, sand = [7] * 18, [9] * 9 + [12] * 9
    return of_classes([7, 7, 8, 8, 7, 8], [loam, loam, sand, sand, sand, [9] * 6 + [7] * 6 + [9] * 6])


def moved(region, names):
    """The region with all dimensions of its first two cells near the upper end of their ranges."""
    space = space_of_region(region, np.arange(2), names)
    return with_parameters(region, space.to_parameters(np.full(len(space), 0.93)))


def test_cells_of_other_classes_keep_their_columns():
    region = mixed_region()
    other = moved(region, BY_CLASS)
    assert {split_key(key)[1] for key in other.parameters} == {7}
    assert_same_columns(region, other, np.array([2, 3]))
    changed = [name for name in LAYER.names if not same(region, other, np.array([0]), name)]
    assert {"porosity", "bb", "satdk", "satdw", "log_solid_conductivity", "root_reference"} <= set(changed)


def test_of_other_classes_only_universal_parameters_change():
    region, index = mixed_region(), np.array([2, 3])
    before, after = (one.columns(index).blocks for one in (region, moved(region, TUNABLE)))
    changed = {
        name
        for name in COLUMN.names
        if not np.array_equal(before.column_field(name), after.column_field(name), equal_nan=True)
    }
    layers = {
        name
        for name in LAYER.names
        if not np.array_equal(before.layer_field(name), after.layer_field(name), equal_nan=True)
    }
    assert changed == {"sbeta", "fxexp", "salp", "kdt", "frzx", "czil", "topt", "cmcmax", "cfactr", "rsmax", "tbot"}
    assert layers == {"solid_heat"}


def test_layers_and_plants_of_other_classes_keep_theirs_in_mixed_cells():
    region = mixed_region()
    other, cell = moved(region, BY_CLASS), np.array([5])
    kept = region.domain.soil[5] != 7
    assert kept.sum() == 12
    before, after = region.columns(cell).blocks, other.columns(cell).blocks
    for name in set(LAYER.names) - ACROSS_LAYERS:
        np.testing.assert_array_equal(before.layer_field(name)[0, kept], after.layer_field(name)[0, kept], err_msg=name)
    assert (before.layer_field("porosity")[0, ~kept] != after.layer_field("porosity")[0, ~kept]).all()
    for name in COLUMN.names:
        np.testing.assert_array_equal(before.column_field(name), after.column_field(name), err_msg=name)


def same(one, other, index, name):
    fields = (region.columns(index).blocks.layer_field(name) for region in (one, other))
    return np.array_equal(*fields, equal_nan=True)


def test_a_run_of_other_classes_has_the_same_bits(tmp_path):
    region = replace(mixed_region(), weather=Waves(1), years=(2001, 2001), spinup=SpinUp("fixed", cycles=1))
    files = [
        run_whole_region(one, tmp_path / name, Job())
        for name, one in (("default", region), ("set", moved(region, BY_CLASS)))
    ]
    default, other = (annual_fields(file.years) for file in files)
    assert len(default) > 10 and all(np.isfinite(values).any() for values in default.values())
    for name, values in default.items():
        np.testing.assert_array_equal(values[2:4], other[name][2:4], err_msg=name)
    changed = [name for name in default if (default[name][:2] != other[name][:2]).any()]
    assert len(changed) > 5


def annual_fields(path):
    """Everything a run kept of each cell, cells first."""
    with netCDF4.Dataset(path) as data:
        data.set_auto_mask(False)
        found = {
            name: one for name, one in data.variables.items() if "year" in one.dimensions and "cell" in one.dimensions
        }
        return {name: np.moveaxis(one[...], one.dimensions.index("cell"), 0) for name, one in found.items()}
