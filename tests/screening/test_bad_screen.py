"""What [screen] cannot be, told all at once."""

import pytest

from tests.region_cases import told, typed
from tests.screening.small import small_case


def test_everything_wrong_with_the_keys_is_said_at_once(tmp_path):
    folder = small_case(
        tmp_path,
        {
            '"FXEXP", ': '"FXEXP", "ALBEDO", "REFSMC", ',
            "depths = [0.1, 2.0]": "depths = [0.1, 0.1, 7.5]",
            "year = 1980": "year = 1985",
            "delta_h = 0.25": "delta_h = 0.3",
            "keep = 2": "keep = 12",
            'name = "grass"': 'name = "bare"',
        },
    )
    text = told("screen", folder)
    parts = (
        "ALBEDO",
        "did you mean ALBEDOMIN",
        "REFSMC",
        "is passive",
        "7.5 m",
        "lies below the column",
        "4 m",
        "1985",
        "lies outside [run] years",
        "does not divide 1",
        "is more than the number of parameters",
        "given twice",
    )
    for part in parts:
        assert part in text, part


@pytest.mark.parametrize("command", ["screen", "check"])
def test_bad_keys_are_said_by_check_too(tmp_path, command):
    folder = small_case(tmp_path, {'"FXEXP", ': '"FXEXP[3]", '})
    assert "screen.parameters[1]" in told(command, folder)


def test_cells_outside_and_unknown_soil_are_said_together(tmp_path):
    folder = small_case(tmp_path, {"at = [79.3, 31.3]": "at = [12.0, 48.0]", "keep = 2": 'keep = 2\nsoil = "lome"'})
    text = told("screen", folder)
    for part in ("screen.cells[1].at", "no cell of the region contains this point", "screen.soil", "lome", "loam"):
        assert part in text, part
    assert not (folder / "output").exists()


def test_a_case_without_the_section_and_a_site_are_refused(tmp_path):
    folder = small_case(tmp_path)
    path = folder / "case.toml"
    path.write_text(path.read_text().partition("[screen]")[0])
    assert "screen: section is missing" in told("screen", folder)
    typed("init", tmp_path / "site", "--template", "generator")
    assert "needs a region" in told("screen", tmp_path / "site")


def test_misspelt_keys_are_named(tmp_path):
    text = told("screen", small_case(tmp_path, {"centers": "centres", "at = [97.5, 33.5]": "place = [97.5, 33.5]"}))
    assert "did you mean 'centers'" in text and "screen.cells[2]" in text
