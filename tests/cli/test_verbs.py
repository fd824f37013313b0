"""Every verb is run from end to end by some test, and its example runs as it stands."""

import importlib
import re
import shlex
import shutil

import pytest
import typer

from lsmcal.cli.main import app
from tests.cli.conftest import ROOT
from tests.region_cases import typed

#: Verb to a test that runs it on a small real case and looks at what it says and writes.
TESTED = {
    "init": "cli.test_cases.test_init_writes_cases_that_load",
    "check": "cli.test_cases.test_check_sums_a_site_up_and_lists_every_problem",
    "domain": "test_domain_verb.test_from_maps_to_a_run",
    "run": "cli.test_site.test_run_writes_days_and_years",
    "plan": "cli.test_cases.test_plan_says_what_a_site_and_a_search_cost",
    "forcing pack": "cli.test_region.test_forcing_is_packed_and_damage_is_found",
    "forcing verify": "cli.test_region.test_forcing_is_packed_and_damage_is_found",
    "inspect": "cli.test_site.test_inspect_shows_what_the_run_did",
    "screen": "screening.test_screen_verb.test_everything_is_written",
    "calibrate": "cli.test_region.test_calibrate_writes_history_scores_and_maps",
    "evaluate": "cli.test_site.test_evaluate_scores_the_best_set_as_the_search_did",
    "report": "cli.test_site.test_report_holds_figures_and_scores",
    "campaign": "cli.test_site.test_campaign_runs_calibrates_and_reports",
    "compare": "cli.test_compare.test_a_changed_cell_and_year_is_found",
    "permafrost": "cli.test_verbs.test_permafrost_of_a_run",
    "params": "cli.test_params.test_params_of_a_region_shows_its_classes_the_most_widespread_first",
    "verify": "verify.test_command.test_a_pass_is_status_0",
}
#: What makes an example short enough for a test, where it takes long.
SHORTER = {
    "plan": "--seconds 1 --set region.cells=200",
    "screen": "--set screen.centers=2 --set spinup.cycles=1 --set spinup.max_cycles=2 --set spinup.years=[2008,2008] "
    "--set run.years=[2009,2010] --set screen.bootstrap=0 --set screen.delta_h=0.5 --set screen.depths=[0.1] "
    '--set screen.keep=1 --set \'screen.parameters=["CZIL","TBOT"]\'',
    "calibrate": "--set calibrate.evaluations=9 --set calibrate.engine=random",
    "campaign": "--set calibrate.evaluations=9 --set calibrate.engine=random",
}


def commands(group, before=()):
    """Every command below a group: name and function."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*before, name))
        else:
            yield " ".join((*before, name)), command


VERBS = dict(commands(typer.main.get_command(app)))


def test_every_verb_has_an_end_to_end_test():
    assert set(TESTED) == set(VERBS)
    for verb, place in TESTED.items():
        module, _, name = place.rpartition(".")
        function = getattr(importlib.import_module(f"tests.{module}"), name)
        assert callable(function), verb


# -- examples ---------------------------------------------------------------------------------------------------------
def example(command):
    """The command of an example, and those that are typed before it, each on a line."""
    lines = re.search(r"Example:\n\n((?: {4}lsmcal .*\n?)+)\Z", command.help)[1].split("\n")
    *before, last = [line.strip() for line in lines if line]
    return last, before


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """What a fresh clone holds of what examples name; the commands typed there so far."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "cases", folder / "cases", ignore=shutil.ignore_patterns("output*"))
    shutil.copytree(ROOT / "tests" / "verify" / "tables", folder / "tests" / "verify" / "tables")
    return folder, set()


def _shorter(line, verb):
    return shlex.split(f"{line} {SHORTER.get(verb, '')}")[1:]


@pytest.mark.parametrize("verb", VERBS)
def test_the_example_runs_as_it_stands(verb, clone, monkeypatch):
    folder, done = clone
    monkeypatch.chdir(folder)
    line, before = example(VERBS[verb])
    assert line.startswith(f"lsmcal {verb} ") and not re.search(r"~|\.\./|\bmy-region", line)
    for earlier in before:
        if earlier not in done:
            typed(*_shorter(earlier, shlex.split(earlier)[1]))
            done.add(earlier)
    if line not in done:
        result = typed(*_shorter(line, verb))
        assert (result.stdout + result.stderr).strip()
        done.add(line)


# -- permafrost -------------------------------------------------------------------------------------------------------
def test_permafrost_of_a_run(site, tmp_path):
    import netCDF4

    run = site[0] / "output" / "run.nc"
    result = typed("permafrost", run, "-o", tmp_path / "permafrost.nc")
    rows = [line.split() for line in result.stdout.splitlines() if line.strip()[:2] == "20"]
    assert rows[0][0] == "2001" and "daily values" in result.stdout and "8, " in result.stdout
    with netCDF4.Dataset(tmp_path / "permafrost.nc") as data, netCDF4.Dataset(run) as days:
        names = data["permafrost_class"].flag_meanings.split()
        frozen = bool((days["soil_temperature"][:365].max(axis=0) <= 273.15).any())
        kinds = [names[list(data["permafrost_class"].flag_values).index(int(k))] for k in data["permafrost_class"][:]]
        assert len(kinds) == len(rows) and not (frozen is False and "permafrost" in kinds)
