"""Choices of the model: presets, what is refused, and what results depend on."""

import pytest

from lsmcal.case import case_of
from lsmcal.noah.parameters.options import CHOICES, LATER, PRESETS, Choices, preset

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
    assert LATER.keys().isdisjoint(Choices().identity()) and len(Choices().identity()) > 15
    assert preset("ji2026", soil_water="conserved").identity()["soil_water"] == "conserved"


def test_a_history_of_before_goes_on_and_one_of_another_option_does_not():
    plain, conserved = case_of(CASE), case_of(CASE | {"model": {"soil_water": "conserved"}})
    assert "model.soil_water" not in plain.fingerprint_of("run")
    assert conserved.fingerprint_of("run")["model.soil_water"] == "conserved"
    assert plain.fingerprint("run") != conserved.fingerprint("run")
