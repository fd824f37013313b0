"""Fingerprints of two searches that differ, in the words of the case file."""

from lsmcal.case.changes import changes_in_words

OLD, NEW = "0123456789abcdef", "fedcba9876543210"


def test_keys_are_called_as_in_the_case_file():
    changes = [
        ("engine.seed", 1, 2),
        ("case.run.end", "2002-12-31", "2003-12-31"),
        ("case.forcing.file.sha256", OLD, NEW),
        ("case.evaluation.region.zbot", 8.0, 40.0),
        ("lsmcal", "0.1.0", "0.2.0"),
    ]
    assert changes_in_words(changes) == [
        "calibrate.seed: 2, was 1",
        'run.end: "2003-12-31", was "2002-12-31"',
        "the content of forcing.file: changed",
        "region.zbot: 40.0, was 8.0",
        'the version of lsmcal: "0.2.0", was "0.1.0"',
    ]


def test_what_follows_from_another_engine_is_not_listed():
    changes = [
        ("case.calibrate.engine", "cmaes", "random"),
        ("engine.name", "cmaes", "random"),
        ("engine.sigma", 0.3, None),
        ("engine.population", 8, None),
    ]
    assert changes_in_words(changes) == ['calibrate.engine: "random", was "cmaes"']
    assert changes_in_words(changes[2:3]) == ["calibrate.engine_options.sigma: not given, was 0.3"]


def test_spinup_gives_that_of_a_trial_its_defaults():
    trial, default = "case.evaluation.spinup.cycles", "case.evaluation.start.spinup.cycles"
    assert changes_in_words([(trial, 2, 3), (default, 2, 3)]) == ["spinup.cycles: 3, was 2"]
    assert changes_in_words([(trial, 2, 3)]) == ["calibrate.spinup.cycles: 3, was 2"]


def test_another_ground_brings_other_ranges():
    ranges = [("space.SBETA.low", -3.0, -2.5), ("space.SBETA.default", -2.0, -1.5)]
    assert changes_in_words([("case.parameters.SBETA", None, -1.5), *ranges]) == [
        "parameters.SBETA: -1.5, was not given"
    ]
    assert changes_in_words(ranges) == ["calibrate.ranges of SBETA: low -2.5, was -3.0; default -1.5, was -2.0"]


def test_parameters_that_come_and_go():
    changes = [("space.CZIL.name", None, "CZIL"), ("space.CZIL.low", None, 0.0), ("space.TBOT.name", "TBOT", None)]
    assert changes_in_words(changes) == ["calibrate.parameters (or threshold): now with CZIL and without TBOT"]


def test_a_goal_is_one_line():
    weight = [("goals.meadow.weight", 1.0, 2.0), ("case.goal meadow.weight", 1.0, 2.0)]
    observed = [("case.goal meadow.observed", OLD, NEW)]
    assert changes_in_words([*weight, *observed]) == [
        'calibrate.goals, "meadow": weight: 2.0, was 1.0; observed: changed'
    ]
    assert changes_in_words([("case.goal alt.kind", None, "network"), ("case.goal alt.count", None, 3)]) == [
        'calibrate.goals: "alt" is new'
    ]


def test_many_keys_of_a_section_are_one_line():
    changes = [(f"case.forcing.k{number}", number, -number) for number in range(1, 7)]
    assert changes_in_words(changes) == ["[forcing], 6 keys: k1, k2, k3, k4, k5, k6"]
    assert len(changes_in_words(changes[:4])) == 4


def test_an_option_that_came_later_is_called_by_the_value_before():
    """A history of ``ji2026`` from before soil water was conserved says what restores it."""
    expected = ['model.soil_water: "conserved", was "clipped"']
    assert changes_in_words([("case.model.soil_water", None, "conserved")]) == expected
    assert changes_in_words([("case.evaluation.start.model.soil_water", None, "conserved")]) == expected
    assert changes_in_words([("case.model.exchange", None, "chen97")]) == ['model.exchange: "chen97", was not given']
