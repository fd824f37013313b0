"""A trial that creates or loses more water than the case allows fails, with its reason; others score as before."""

from types import SimpleNamespace

from lsmcal.calibration.batch import Evaluated
from lsmcal.calibration.site_stage import calibration_of, evaluator
from lsmcal.calibration.stage import outcome
from lsmcal.case import case_of
from lsmcal.search.loop import Point
from tests.simulate.test_leaks import GRAVEL

CALIBRATED = GRAVEL | {
    "observations": {"format": "twin", "depths": [0.1, 0.4], "noise": 0.1, "seed": 1, "hidden": {"SBETA": -1.4}},
    "calibrate": {"parameters": ["SBETA"], "engine": "sobol", "evaluations": 2},
}


def outcome_of(**model):
    calibration = calibration_of(case_of(CALIBRATED | {"model": model}))
    start = calibration.site.equilibrium(calibration.fixed)
    return evaluator(calibration, start)([Point(1, (0.5,), {"SBETA": -2.0})])[0]


def test_a_site_in_gravel_is_flagged_unless_its_water_is_conserved_or_the_limit_high():
    flagged = outcome_of(soil_water="clipped")
    assert flagged.objective is None and "above model.leak_limit = 10 mm" in flagged.failed
    assert flagged.details["leak_mm"] > 1000.0
    allowed = outcome_of(soil_water="clipped", leak_limit=1e6)
    assert allowed.objective is not None and not allowed.failed
    conserved = outcome_of(soil_water="conserved")
    assert conserved.objective is not None and conserved.details["leak_mm"] == 0.0


def test_a_set_over_many_cells_is_flagged_by_their_mean():
    goal = SimpleNamespace(name="map", score=lambda simulated: SimpleNamespace(value=0.5, details={}))
    model = SimpleNamespace(leak_limit=10.0)
    problem = SimpleNamespace(goals=(goal,), inputs=SimpleNamespace(case=SimpleNamespace(model=model)))
    below, above = (outcome(problem, Evaluated(object(), leak=leak)) for leak in (9.0, 11.0))
    assert below.objective == 0.5 and not below.failed
    assert above.objective is None and "11 mm a year" in above.failed and above.details["leak_mm"] == 11.0
