"""Choices of the model: presets, what is refused, and what results depend on."""

import pytest

from lsmcal.case import case_of
from lsmcal.noah.parameters.options import CHOICES, LATER, PRESETS, preset

CASE = {
    "site": {"latitude": 35.0, "longitude": 92.0, "elevation": 4700.0, "vegetation": "grassland", "soil": "loam"},
    "forcing": {"format": "generator", "years": [2001, 2001]},
}


@pytest.mark.parametrize("name", PRESETS)
def test_every_option_of_a_preset_is_a_known_one(name):
    choices = PRESETS[name]
    assert all(getattr(choices, option) in allowed for option, allowed in CHOICES.items())


def test_unknown_presets_options_and_values_are_refused():
    with pytest.raises(ValueError, match="expected one of ji2026"):
        preset("ji2025")
    with pytest.raises(ValueError, match="no option soil_watter"):
        preset("ji2026", soil_watter="conserved")
    with pytest.raises(ValueError, match="soil_water = 'kept'; expected one of clipped, conserved"):
        preset("ji2026", soil_water="kept")


def test_results_do_not_depend_on_an_option_that_came_later_and_is_as_before():
    before = preset("ji2026", **LATER).identity()
    assert LATER.keys().isdisjoint(before) and len(before) > 15
    assert preset("ji2026").identity() == before | {"soil_water": "conserved"}


@pytest.mark.parametrize("name", ["noahtibet", "original"])
def test_presets_of_the_reference_are_as_before(name):
    assert LATER.keys().isdisjoint(PRESETS[name].identity()), "their results and histories stay valid"


def test_a_history_of_before_goes_on_with_the_option_of_before_only():
    before, plain = case_of(CASE | {"model": dict(LATER)}), case_of(CASE)
    assert "model.soil_water" not in before.fingerprint_of("run")
    assert plain.fingerprint_of("run")["model.soil_water"] == "conserved"
    assert plain.fingerprint("run") != before.fingerprint("run")
    released = case_of(CASE | {"model": {"preset": "noahtibet"}})
    assert "model.soil_water" not in released.fingerprint_of("run")
