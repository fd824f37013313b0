"""Formulas of the soil against published or independently computed values."""

import math

import numpy as np
import pytest

from lsmcal.noah.parameters.options import PRESETS, Choices, preset
from lsmcal.noah.parameters.parameters import (
    Surroundings,
    column_parameters,
    ice_decay,
    log_freezing,
    saturation_limit,
    thermal_fields,
)
from lsmcal.noah.parameters.tables import load_tables, packaged_soil
from lsmcal.noah.physics.constants import FREEZING_B_MAX, T0
from lsmcal.noah.physics.freezing import depression, layer_mean_temperature, log_freezing_constant, solve_freezing_curve
from lsmcal.noah.physics.heat import soil_conductivity, soil_heat_capacity
from lsmcal.noah.physics.hydraulics import hydraulic_functions, noah_diffusivity
from lsmcal.noah.physics.water import frozen_ground_factor
from lsmcal.noah.runtime import vecmath
from lsmcal.noah.runtime.blocks import Blocks
from lsmcal.noah.runtime.grid import PAPER_THICKNESS, layer_geometry, node_depths

SOIL = packaged_soil("noahtibet")
POROSITY, BB, PSI, SATDK, SATDW = (SOIL.value(name, "loam") for name in ("MAXSMC", "BB", "SATPSI", "SATDK", "SATDW"))

# --- elementary functions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "exact", "low", "high", "allowed"),
    [
        (vecmath.exp, math.exp, -700.0, 700.0, 6e-16),
        (vecmath.exp, math.exp, -1.0, 1.0, 6e-16),
        (vecmath.atan, math.atan, 0.0, 1e3, 6e-16),
        (vecmath.atan, math.atan, 0.0, 3.0, 6e-16),
    ],
)
def test_elementary_functions(own, exact, low, high, allowed):
    points = np.linspace(low, high, 4001)
    off = [abs(own(x) - exact(x)) / max(abs(exact(x)), 1e-300) for x in points]
    assert max(off) < allowed


def test_logarithm_of_tiny_huge_and_near_one():
    points = np.concatenate([10.0 ** np.linspace(-300, 300, 3001), 1.0 + np.linspace(-0.3, 0.5, 2001)])
    off = [abs(vecmath.log(x) - math.log(x)) / max(abs(math.log(x)), 1e-300) for x in points if x != 1.0]
    assert max(off) < 6e-16 and vecmath.log(1.0) == 0.0
    assert vecmath.log10(1e-7) == pytest.approx(-7.0, rel=1e-15)


def test_power_and_limits():
    bases, exponents = np.meshgrid(10.0 ** np.linspace(-12, 3, 61), np.linspace(-3.0, 26.0, 59))
    pairs = [(x, y) for x, y in zip(bases.flat, exponents.flat, strict=True) if abs(y * math.log(x)) < 690.0]
    off = [abs(vecmath.power(x, y) / x**y - 1.0) / (1.0 + abs(y * math.log(x))) for x, y in pairs]
    assert max(off) < 1e-15
    assert 0.0 < vecmath.exp(-1e6) < 1e-300 and math.isfinite(vecmath.exp(1e6))


def test_index_is_the_integer_part():
    assert [vecmath.to_index(x) for x in (0.0, 0.999, 1.0, 9999.5)] == [0, 0, 1, 9999]


# --- heat ------------------------------------------------------------------------------------------------------------

CONDUCTIVITY = [
    ("loam", 0.439, 0.40, 0, [0.2127, 1.5599, 1.1543, 2.6597, 1.4362]),
    ("gravel", 0.262, 0.94, 1, [0.5739, 3.6673, 3.1149, 5.0426, 3.3875]),
    ("bedrock", 0.200, 0.07, 2, [1.3452, 1.6780, 1.5778, 2.1398, 1.7425]),
    ("bedrock of NoahPy", 0.138, 0.10, 2, [3.0432, 1.8891, 2.2366, 2.2342, 2.6387]),
]


@pytest.mark.parametrize(("name", "porosity", "quartz", "kind", "expected"), CONDUCTIVITY)
def test_conductivity(name, porosity, quartz, kind, expected):
    fields = thermal_fields(np.array([porosity]), quartz, np.array([kind]), guard=False)
    log_solid, dry, thawed, frozen = (
        float(fields[key][0])
        for key in ("log_solid_conductivity", "dry_conductivity", "kersten_thawed", "kersten_frozen")
    )
    found = [dry]
    for liquid_share in (1.0, 0.1):
        for saturation in (1.0, 0.5):
            water = saturation * porosity
            found.append(soil_conductivity(water, liquid_share * water, porosity, log_solid, dry, thawed, frozen))
    assert found == pytest.approx(expected, rel=2e-4)


def test_guard_keeps_the_dry_conductivity_below_the_saturated_one():
    free = thermal_fields(np.array([0.138]), 0.10, np.array([2]), guard=False)
    kept = thermal_fields(np.array([0.138]), 0.10, np.array([2]), guard=True)
    assert free["dry_conductivity"][0] == pytest.approx(3.0432, rel=1e-4)
    assert kept["dry_conductivity"][0] == pytest.approx(1.8891, rel=1e-4)


def test_heat_capacity():
    expected = 0.1 * 4.2e6 + 0.15 * 2.106e6 + 1.1e6 + (0.439 - 0.25) * 1004.0
    assert soil_heat_capacity(0.25, 0.10, 0.439, 1.1e6) == pytest.approx(expected, rel=1e-14)


def numerical_mean(top, node, bottom):
    """Mean of min(T, T0) along two straight half-layers; the plain mean where nothing is frozen."""
    if min(top, node, bottom) >= T0:
        return 0.25 * (top + 2.0 * node + bottom)
    share = (np.arange(100000) + 0.5) / 100000
    halves = [np.minimum(outer + (node - outer) * share, T0).mean() for outer in (top, bottom)]
    return 0.5 * sum(halves)


@pytest.mark.parametrize(
    "around",
    [(-3, -1, -2), (2, 1, 3), (-2, 1, 3), (2, -1, 3), (3, 1, -2), (-2, 1, -4), (-1, -2, 5), (0, -1, 0), (0, 1, -1)],
)
def test_mean_temperature_that_counts_for_freezing(around):
    temperatures = [T0 + value for value in around]
    assert layer_mean_temperature(*temperatures) == pytest.approx(numerical_mean(*temperatures), abs=2e-6)


# --- freezing curve --------------------------------------------------------------------------------------------------
CELSIUS = (-0.1, -0.5, -1.0, -2.0, -5.0, -10.0, -20.0)
FREE_WATER = (0.2522, 0.2039, 0.1844, 0.1661, 0.1436, 0.1280, 0.1134)


def free_water(celsius, water, converged, ice=0.0):
    """Liquid water of loam on the curve at each temperature, one column each."""
    blocks = Blocks(len(celsius), 2)
    exponent = min(BB, FREEZING_B_MAX)
    blocks.set({"water": water, "liquid": water - ice, "freezing_b": exponent, "porosity": POROSITY})
    blocks.set({"log_freezing": float(log_freezing(PSI, POROSITY, exponent))})
    blocks.set({"mean_temperature": np.repeat(T0 + np.array(celsius)[:, None], 2, axis=1)})
    for b in range(len(blocks.column)):
        solve_freezing_curve(blocks.layer[b][0], converged)
    return blocks.layer_field("free_liquid")[:, 0]


def test_free_water_of_loam():
    assert free_water(CELSIUS, 0.30, True) == pytest.approx(np.array(FREE_WATER), abs=6e-5)


@pytest.mark.parametrize("ice", [0.0, 0.1, 0.25])
def test_free_water_satisfies_the_curve_whatever_the_first_guess(ice):
    exponent = min(BB, FREEZING_B_MAX)
    for celsius, liquid in zip(CELSIUS, free_water(CELSIUS, 0.30, True, ice), strict=True):
        frozen = 0.30 - liquid
        side = math.log(9.81 * PSI / 3.335e5 * (1.0 + 8.0 * frozen) ** 2 * (POROSITY / liquid) ** exponent)
        assert side == pytest.approx(math.log(-celsius / (T0 + celsius)), abs=1e-9)


def test_loose_solver_stays_within_its_tolerance():
    off = np.abs(free_water(CELSIUS, 0.30, False, ice=0.1) - np.array(FREE_WATER))
    assert 1e-7 < off.max() < 0.005


def test_nothing_freezes_above_the_threshold_and_dry_ground_keeps_its_least_water():
    assert free_water((0.5, 0.0, -5e-4), 0.30, True) == pytest.approx([0.30] * 3)
    assert free_water((-1.0, -30.0), 0.02, True) == pytest.approx([0.02] * 2)


def test_parameter_side_and_kernel_side_of_the_curve_agree():
    assert log_freezing_constant(PSI, POROSITY, 5.25) == pytest.approx(float(log_freezing(PSI, POROSITY, 5.25)))
    assert depression(T0 - 2.0) == pytest.approx(math.log(2.0 / (T0 - 2.0)))


# --- water -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "factors"),
    [
        ("wu2018", (0.137, 0.0188, 3.55e-4, 6.68e-6)),
        ("zhang2007", (0.317, 0.101, 0.0101, 1.02e-3)),
        ("clm5", (0.207, 0.0430, 1.85e-3, 7.94e-5)),
    ],
)
def test_ice_impedance_of_loam(scheme, factors):
    decay = float(np.ravel(ice_decay(SATDK, SATDW, POROSITY, scheme)["ice_decay_conductivity"])[0])
    found = [math.exp(-decay * ice) for ice in (0.05, 0.10, 0.20, 0.30)]
    assert found == pytest.approx(factors, rel=6e-3)


@pytest.mark.parametrize("impedance", ["wu2018", "zhang2007", "clm5", "hansson"])
def test_ice_blocks_the_flow_in_the_kernel(impedance):
    tables, choices = load_tables(), preset("ji2026", ice_impedance=impedance)
    soil = np.full((1, 3), tables.soil.number("loam"))
    blocks = Blocks(1, 3)
    around = Surroundings(tbot=270.0)
    blocks.set(column_parameters(tables, [0.1, 0.2, 0.3], soil, [tables.bare], around, choices))
    blocks.set({"liquid_mid": np.array([0.3, 0.2, 0.1]), "ice": np.array([0.0, 0.1, 0.2])})
    hydraulic_functions(blocks.layer[0], blocks.column[0], choices.kernel_options().impedance)
    relative = blocks.layer_field("hydraulic_conductivity")[0] / (SATDK * (0.3 / POROSITY) ** (2 * BB + 3))
    if impedance == "hansson":
        expected = 10.0 ** (-7.0 * np.array([0.0, 0.1, 0.2]) / 0.3)
    else:
        decay = float(np.ravel(ice_decay(SATDK, SATDW, POROSITY, impedance)["ice_decay_conductivity"])[0])
        expected = np.exp(-decay * np.array([0.0, 0.1, 0.2]))
    assert relative == pytest.approx(expected, rel=1e-12)
    assert (np.diff(blocks.layer_field("diffusivity")[0]) < 0.0).all()


def test_diffusivity_of_the_original_falls_with_ice_anywhere():
    free = SATDW * 0.5 ** (BB + 2.0)
    assert noah_diffusivity(0.5, POROSITY, SATDW, BB, 0.0) == pytest.approx(free, rel=1e-13)
    weight = 1.0 / (1.0 + (500.0 * 0.004) ** 3)
    blocked = SATDW * (0.05 / POROSITY) ** (BB + 2.0)
    expected = weight * free + (1.0 - weight) * blocked
    assert noah_diffusivity(0.5, POROSITY, SATDW, BB, 0.004) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    ("frzk", "factors"),
    [
        (0.10, (0.9708, 0.681, 0.257, 0.059, 0.010)),
        (0.15, (0.9982, 0.896, 0.490, 0.147, 0.029)),
        (0.20, (0.9999, 0.971, 0.681, 0.257, 0.059)),
    ],
)
def test_frozen_ground_factor(frzk, factors):
    found = [frozen_ground_factor(ice, 1.17 * frzk) for ice in (0.05, 0.10, 0.20, 0.40, 0.80)]
    assert found == pytest.approx(factors, abs=1.5e-3)
    assert frozen_ground_factor(0.01, 1.17 * frzk) == 1.0


# --- geometry, limits, options ---------------------------------------------------------------------------------------


def test_nodes_of_the_paper_grid():
    expected = [0.0225, 0.068, 0.1285, 0.2275, 0.391, 0.661, 1.106, 1.84, 2.748, 3.7]
    assert node_depths(PAPER_THICKNESS)[:10] == pytest.approx(expected, abs=6e-4)
    assert node_depths(PAPER_THICKNESS)[15] == pytest.approx(10.2) and PAPER_THICKNESS.sum() == pytest.approx(15.2)


@pytest.mark.parametrize("zbot", [8.0, 15.2])
def test_lower_boundary_within_the_column_is_refused(zbot):
    with pytest.raises(ValueError, match="ZBOT must lie below the column's bottom at 15.2 m"):
        layer_geometry(PAPER_THICKNESS, zbot)


@pytest.mark.parametrize("thickness", [[0.1, 0.0, 0.3], [0.1, -0.2, 0.5], [0.1, np.nan, 0.5]])
def test_layers_without_thickness_are_refused(thickness):
    with pytest.raises(ValueError, match="positive"):
        layer_geometry(thickness, 40.0)


def test_one_layer_is_refused():
    with pytest.raises(ValueError, match="two layers"):
        layer_geometry([0.5], 40.0)


def test_roots_deeper_than_the_column_are_refused():
    tables = load_tables()
    with pytest.raises(ValueError, match="NROOT = 3 exceeds the 2 layers"):
        column_parameters(tables, [0.1, 0.3], [[7, 7]], [7], Surroundings(tbot=270.0), preset("ji2026"))


def test_saturation_limit_by_class_survives_a_changed_porosity():
    names = ["loam", "silty clay loam", "sandy loam", "clay loam", "sand", "Silt Loam", "gravel"]
    limits = [0.74, 0.80, 0.85, 0.86, 0.90, 0.74, 0.90]
    porosity = np.array([SOIL.value("MAXSMC", name) for name in names])
    assert saturation_limit(porosity * 1.03, names, True) == pytest.approx(limits)
    assert saturation_limit(porosity * 1.03, names, False) == pytest.approx([0.90] * len(names))
    assert saturation_limit(porosity[:6], names[:6], False) == pytest.approx(limits[:6])


def test_presets_and_their_defaults():
    assert preset("ji2026") == Choices() and set(PRESETS) == {"ji2026", "noahtibet", "original"}
    assert preset("noahtibet", exchange="chen97").exchange == "chen97"
    assert not preset("noahtibet").kernel_options().frozen_ground


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("ji2025", {}, "expected one of ji2026, noahtibet, original"),
        ("ji2026", {"exchang": "chen97"}, "no option exchang"),
        ("ji2026", {"exchange": "chen"}, "expected one of by-cover, chen97"),
        ("ji2026", {"time_weight": 0.3}, "expected 0.5 to 1"),
        ("ji2026", {"infiltration_depth": -1.0}, "expected 0"),
    ],
)
def test_unknown_presets_options_and_values_are_refused(name, changes, message):
    with pytest.raises(ValueError, match=message):
        preset(name, **changes)
