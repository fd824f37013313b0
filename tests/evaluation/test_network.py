"""Sites to cells, what the model has there, and how far off it is: profiles whose answers are known."""

import numpy as np
import pytest

from lsmcal.evaluation.network import error_table, errors, match, simulated_values
from lsmcal.inputs.observed.network import read_network
from tests.evaluation.networks import DEPTH, HEAD, ground, small_domain


@pytest.fixture
def matched_of(tmp_path):
    def of(rows, **options):
        path = tmp_path / "network.csv"
        path.write_text(HEAD + rows, encoding="utf-8")
        return match(read_network(path), small_domain(), **options)

    return of


EVERY = "".join(
    f"S,90.3,33.3,2010,{name},{depth},{value}\n"
    for name, depth, value in (
        ("alt", "", 2),
        ("dzaa", "", 9),
        ("magt", "", -1),
        ("magt", 7, -1),
        ("soil_temperature", 0, -1),
        ("soil_temperature", 3, -1),
        ("soil_temperature", 10, -1),
        ("ttop", "", -1),
    )
)


def test_values_of_one_cell_are_averaged_by_variable_depth_and_year(matched_of):
    found = matched_of(
        "A,90.3,33.3,2010,alt,,2.0\nB,90.1,33.1,2010,alt,,3.0\nA,90.3,33.3,2011,alt,,2.5\n"
        "C,91.3,33.4,2010,alt,,1.0\nA,90.3,33.3,2010,soil_temperature,10,-1\n"
    )
    assert found.cell.tolist() == [0, 0, 0, 2]
    assert found.variable.tolist() == ["alt", "alt", "soil_temperature", "alt"]
    assert found.sites == ("A + B", "A", "A", "C")
    np.testing.assert_allclose(found.value, [2.5, 2.5, 272.15, 1.0])
    assert found.count.tolist() == [2, 1, 1, 1] and found.year.tolist() == [2010, 2011, 2010, 2010]
    assert "5 observed values in 2 cells; averaged to 4" in found.words()


def test_what_is_left_out_is_counted_and_said(matched_of):
    rows = "".join(
        f"{name},{lon},{lat},2010,soil_temperature,{depth},-1\n"
        for name, lon, lat, depth in (
            ("in", 90.3, 33.3, 10),
            ("masked", 91.3, 33.8, 10),
            ("far", 95, 33.3, 10),
            ("own", 90.8, 33.3, 10),
            ("deep", 90.8, 33.3, 15.0),
        )
    )
    found = matched_of(rows, without=["own", "never"])
    assert found.sites == ("in",) and found.outside == ("far", "masked")
    assert found.without == ("own",) and found.deep == 1
    assert found.words() == (
        "1 observed value in 1 cell; 2 sites outside the region (far, masked); "
        "1 site excluded by name (own); 1 value below the lowest node"
    )


def test_every_variable_of_a_straight_profile_with_a_fading_wave(matched_of):
    """Mean 0.5 - z degC, wave 4 exp(-z/2): maxima fall to zero where z = 0.5 + 4 exp(-z/2)."""
    found = matched_of(EVERY)
    simulated = ground([0.5], amplitude=4.0)
    value = dict(
        zip(
            zip(found.variable.tolist(), found.depth.tolist(), strict=True),
            simulated_values(found, simulated),
            strict=True,
        )
    )
    none = [key for key in value if np.isnan(key[1])]
    value = {(name, "" if np.isnan(depth) else depth): one for (name, depth), one in value.items()}
    assert len(none) == 4
    warm = simulated.maximum[0, 0] - 273.15
    layer = int(np.argmax(warm <= 0.0))
    thaw = np.interp(0.0, warm[[layer, layer - 1]], DEPTH[[layer, layer - 1]])
    assert value["alt", ""] == pytest.approx(thaw, rel=1e-12) and 1.0 < thaw < 2.5
    assert value["ttop", ""] == pytest.approx(273.65 - thaw, rel=1e-12)
    still = 2.0 * np.log(80.0)
    assert value["dzaa", ""] == pytest.approx(still, rel=1e-9)
    assert value["magt", ""] == pytest.approx(273.65 - still, rel=1e-9)
    assert value["magt", 7.0] == pytest.approx(266.65) and value["soil_temperature", 3.0] == pytest.approx(270.65)
    assert value["soil_temperature", 10.0] == pytest.approx(263.65)
    assert value["soil_temperature", 0.0] == pytest.approx(273.55)


def test_ground_without_permafrost_has_no_table_but_one_can_be_bounded(matched_of):
    found = matched_of(EVERY)
    thawed = ground([5.0], slope=0.0, amplitude=4.0, damping=8.0)
    strict, bounded = (simulated_values(found, thawed, bounded=yes) for yes in (False, True))
    gone = np.isin(found.variable, ["alt", "ttop", "dzaa"]) | ((found.variable == "magt") & np.isnan(found.depth))
    np.testing.assert_array_equal(np.isnan(strict), gone)
    assert np.isfinite(bounded).all()
    by_name = dict(zip(found.variable[gone].tolist(), bounded[gone].tolist(), strict=True))
    assert by_name["alt"] == by_name["dzaa"] == DEPTH[-1]
    assert by_name["ttop"] == by_name["magt"] == pytest.approx(278.15)
    shallow = simulated_values(found, thawed, bounded=True, deepest=5.0)
    assert shallow[found.variable == "alt"] == 5.0 and shallow[found.variable == "dzaa"] == DEPTH[-1]


def test_the_bounded_depth_grows_without_a_step_as_the_ground_warms(matched_of):
    """From frozen below to thawed through: no parameter set gains by thawing more."""
    found = matched_of("S,90.3,33.3,2010,alt,,2\n")
    warm = np.linspace(0.2, 16.0, 791)  # the first node has thawed
    depth = np.array([simulated_values(found, ground([one]), bounded=True)[0] for one in warm])
    assert (np.diff(depth) >= 0.0).all() and np.diff(depth).max() < 0.05
    assert depth[0] == pytest.approx(0.2) and depth[-1] == DEPTH[-1]
    capped = np.array([simulated_values(found, ground([one]), bounded=True, deepest=3.0)[0] for one in warm])
    np.testing.assert_array_equal(capped, np.minimum(depth, 3.0))


def test_years_and_cells_are_told_apart(matched_of):
    found = matched_of("A,90.3,33.3,2011,soil_temperature,4,-1\nB,90.8,33.8,2010,soil_temperature,4,-1\n")
    simulated = ground([0.0, 1.0, 2.0, 3.0, 4.0])
    simulated.mean[:, 1] += 0.25
    np.testing.assert_allclose(simulated_values(found, simulated), [269.4, 273.15])
    with pytest.raises(KeyError, match="cell 4 was not simulated"):
        simulated_values(found, ground([0.0]))
    with pytest.raises(KeyError, match="year 2010"):
        simulated_values(found, ground([0.0] * 5, years=(2011,)))


def test_missing_ground_stays_missing_even_bounded(matched_of):
    found = matched_of(EVERY)
    simulated = ground([0.5], amplitude=4.0)
    for values in (simulated.minimum, simulated.maximum, simulated.mean):
        values[...] = np.nan
    assert np.isnan(simulated_values(found, simulated, bounded=True)).all()


def test_errors_by_hand():
    observed, simulated = np.array([1.0, 2.0, 4.0, 3.0]), np.array([2.0, 2.0, 1.0, np.nan])
    found = errors(observed, simulated)
    assert found == {"rmse": pytest.approx(np.sqrt(10.0 / 3.0)), "mbe": pytest.approx(-2.0 / 3.0), "pairs": 3}
    assert errors(observed, np.full(4, np.nan)) == {"rmse": None, "mbe": None, "pairs": 0}


def test_the_table_of_errors_has_every_variable_depth_and_site(matched_of):
    found = matched_of(
        "A,90.3,33.3,2010,soil_temperature,4,-3\nA,90.3,33.3,2010,soil_temperature,6,-6\n"
        "B,90.8,33.3,2010,soil_temperature,4,-4\nB,90.8,33.3,2010,alt,,1\n"
    )
    table = error_table(found, simulated_values(found, ground([0.0, 0.0])))
    assert list(table) == ["alt", "soil_temperature"]
    assert table["alt"]["unit"] == "m" and table["soil_temperature"]["unit"] == "K" and table["alt"]["depths"] == {}
    warm = table["soil_temperature"]
    assert warm["all"]["pairs"] == 3 and warm["all"]["mbe"] == pytest.approx(-1.0 / 3.0)
    assert warm["depths"]["4 m"]["mbe"] == pytest.approx(-0.5) and warm["depths"]["6 m"]["mbe"] == pytest.approx(0.0)
    assert warm["sites"]["A"]["rmse"] == pytest.approx(np.sqrt(0.5)) and warm["sites"]["B"]["pairs"] == 1


def test_rows_are_chosen_by_variable_year_and_depth(matched_of):
    found = matched_of(EVERY + "S,90.3,33.3,2011,soil_temperature,10,-1\n")
    assert len(found.select("soil_temperature")) == 4
    assert found.select("soil_temperature", depths=[10.0]).year.tolist() == [2010, 2011]
    assert found.select("soil_temperature", years=[2010], depths=[3.0, 10.0]).depth.tolist() == [3.0, 10.0]
    assert len(found.select("alt", years=[1999])) == 0
    assert simulated_values(found.select("alt", years=[1999]), ground([0.0])).size == 0
