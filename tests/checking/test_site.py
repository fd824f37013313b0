"""Measurements at a site that cannot be scored, or not as they are meant: refused before anything runs."""

import numpy as np
import pytest

from lsmcal.calibration.site_stage import targets_of
from lsmcal.case import load_case
from lsmcal.checking.case import check_file
from lsmcal.core.errors import InputError
from lsmcal.simulate.site import Site
from tests.case.test_load import SMALL, refused

DAYS = np.arange("2001-01-01", "2001-03-01", dtype="datetime64[D]")
BOTTOM = 15.2


@pytest.fixture
def measured(tmp_path):
    """A case with a table of measurements: headers, and the values of a day by its number."""

    def write(headers, values, more=""):
        lines = [",".join(["time", *headers])]
        lines += [",".join([str(day), *values(number)]) for number, day in enumerate(DAYS)]
        (tmp_path / "o.csv").write_text("\n".join(lines) + "\n")
        text = SMALL.replace("[2001, 2002]", "[2001, 2001]") + '[observations]\nfile = "o.csv"\n' + more
        (tmp_path / "case.toml").write_text(text)
        return tmp_path / "case.toml"

    return write


def two(number):
    return f"{-3 + 0.1 * number:.2f}", f"{-2 + 0.05 * number:.2f}"


def stages(path):
    """What a calibration and an evaluation begin with."""
    case = load_case(path)
    return targets_of(case, Site.from_case(case))


SHALLOW = "soil_temperature@0.10 [degC]"


@pytest.mark.parametrize("depth", ["-1", "nan", "inf", "<b>", "", "1.2.3", "0,4"[:1] + "x"])
def test_a_header_without_a_depth_is_refused(measured, depth):
    path = measured([SHALLOW, f"soil_temperature@{depth} [degC]"], two)
    (line,) = refused(check_file, path)
    assert f"soil_temperature@{depth}: has no depth in its header" in line and "soil_temperature@0.40" in line


def test_headers_of_other_kinds_are_noted(measured, caplog):
    checked = check_file(measured([SHALLOW, "air_pressure@0.1"], two))
    (note,) = [note for note in checked.notes if "left out" in note]
    assert note.endswith("air_pressure@0.1") and note in caplog.text
    assert checked.observations["soil_temperature"].depth.tolist() == [0.1]


@pytest.mark.parametrize("depth", ["16", "1e9"])
def test_sensors_below_the_column_are_refused(measured, depth):
    path = measured([SHALLOW, f"soil_temperature@{depth} [degC]"], two)
    for action in (check_file, stages):
        (line,) = refused(action, path)
        assert f"soil_temperature@{depth}: lies below the column (found {float(depth):g} m)" in line
        assert f"expected at most {BOTTOM:g} m" in line


def test_sensors_below_the_column_that_are_not_used(measured):
    path = measured([SHALLOW, "soil_temperature@16 [degC]"], two, "[calibrate]\ndepths = [0.1]\n")
    assert check_file(path).observations["soil_temperature"].depth.tolist() == [0.1, 16.0]
    assert stages(path)[0].depth.tolist() == [0.1]
    other = measured([SHALLOW, "soil_moisture_liquid@16 [m3 m-3]"], lambda number: ("-3.0", "0.2"))
    assert any("soil_moisture_liquid@16: lies below the column" in line for line in refused(check_file, other))


def nothing(number):
    return "", "-9999"


def constant(number):
    return "-1.0", "-1.0"


def zero_curtain(number):
    return "-0.03", ""


def seldom(number):
    return ("-1.5" if number == 3 else "", "")


@pytest.mark.parametrize("values", [nothing, constant, zero_curtain, seldom])
@pytest.mark.parametrize("periods", ["", '[calibrate]\ncalibration = [["2001-01-01", "2001-02-01"]]\n'])
def test_nothing_to_score_is_refused(measured, values, periods):
    path = measured([SHALLOW, "soil_temperature@0.40 [degC]"], values, periods)
    lines = refused(check_file, path)
    expected = "has no observed day within the run" if values is nothing and periods else "nothing to score: NSE"
    assert len(lines) == 1 and expected in lines[0]
    assert "nothing to score: NSE" in refused(stages, path)[0]


def test_what_can_be_scored(measured):
    headers = [SHALLOW, "soil_temperature@0.40 [degC]"]
    assert stages(measured(headers, lambda number: (two(number)[0], "")))
    assert check_file(measured(headers, constant, '[calibrate]\nobjective = "rmse"\n')).space
    path = measured(headers, lambda number: (two(number)[0], ""), "[calibrate]\ndepths = [0.4]\n")
    with pytest.raises(InputError, match="nothing to score"):
        check_file(path)
