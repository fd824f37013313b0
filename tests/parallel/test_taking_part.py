"""Under a launcher all ranks take part, or the first works and the others have left: nobody waits, all is done once."""

import subprocess

import pytest

from lsmcal.parallel import launch, taking_part
from tests.parallel.ranks import ROOT, launched
from tests.region_cases import PLATEAU

SITE = """
[site]
latitude = 35.0
longitude = 93.0
elevation = 4600.0
vegetation = "grassland"
soil = "loam"
[grid]
thickness = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0]
[forcing]
format = "generator"
years = [2001, 2002]
[spinup]
method = "fixed"
cycles = 1
years = [2001, 2001]
[observations]
format = "twin"
depths = [0.1, 0.4]
[observations.hidden]
SBETA = -1.3
[calibrate]
parameters = ["SBETA", "CZIL"]
engine = "sobol"
evaluations = 5
batch = 4
"""


@pytest.fixture
def cases(tmp_path):
    for name, text in (("site", SITE), ("region", PLATEAU)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "case.toml").write_text(text)
    return tmp_path


@pytest.fixture
def one_of_two(monkeypatch):
    """The environment of a rank of two; whether MPI was started."""
    started = []
    monkeypatch.setattr(launch, "_alone", False)
    monkeypatch.setattr(taking_part, "launched_world", lambda: started.append(True))
    for name in ("OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS", "PMIX_SIZE", "SLURM_STEP_NUM_TASKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setenv("PMI_RANK", "0")
    return started


@pytest.mark.parametrize("verb", taking_part.TOGETHER)
def test_ranks_share_the_work_on_a_region(cases, one_of_two, verb, capsys):
    taking_part.take_part([verb, "--set", "region.cells=60", str(cases / "region"), "-q"])
    assert one_of_two == [True] and launch.launched_ranks() == 2 and capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        *([verb, "site"] for verb in taking_part.TOGETHER),
        ["check", "region"],
        ["report", "region"],
        ["forcing", "pack", "region"],
        ["verify", "tables"],
        ["run", "nowhere"],
        ["run", "--set", "region"],
        ["--version"],
        [],
    ],
)
def test_all_else_is_the_work_of_the_first(cases, one_of_two, arguments, capsys, monkeypatch):
    monkeypatch.chdir(cases)
    taking_part.take_part(arguments)
    assert not one_of_two and capsys.readouterr().err.count("2 ranks started: this command is the work of one") == 1
    assert launch.launched_ranks() == 1 and launch.launched_rank() == 0 and launch.launched_world().size == 1
    taking_part.take_part(arguments)  # a group of verbs within the verbs
    assert capsys.readouterr().err == ""


def test_the_others_leave_with_status_0_and_without_a_word(cases, one_of_two, monkeypatch, capsys):
    monkeypatch.setattr(taking_part.os, "_exit", lambda status: exec("raise SystemExit(status)", {"status": status}))
    monkeypatch.setenv("PMI_RANK", "1")
    with pytest.raises(SystemExit) as end:
        taking_part.take_part(["run", str(cases / "site")])
    assert end.value.code == 0 and capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["SLURM_NTASKS", "PBS_NP"])
def test_tasks_that_no_launcher_started_are_noted(cases, monkeypatch, capsys, name):
    monkeypatch.setattr(launch, "_alone", False)
    monkeypatch.setenv(name, "64")
    taking_part.take_part(["run", str(cases / "site")])
    assert capsys.readouterr().err == ""
    taking_part.take_part(["run", str(cases / "region")])
    assert "the job has 64 tasks and this command uses one; start it with srun or mpiexec" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, status, says",
    [
        (("calibrate", "site", "-q"), 0, "mean NSE"),
        (("campaign", "site", "-q"), 0, "report.html"),
        (("calibrate", "site", "--set", "calibrate.engine=x"), 2, "unknown value"),
        (("run", "region", "-q"), 0, "region.nc"),
        (("run", "region", "--set", "region.cells=3"), 2, "invalid number of cells"),
    ],
)
def test_a_launcher_of_two(cases, words, status, says):
    """Each of these hung, or was done twice."""
    verb, case, *options = words
    command = launched(2, "-m", "lsmcal", verb, cases / case, *options)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stderr
    assert (done.stdout + done.stderr).count(says) == 1, done.stdout + done.stderr
    assert done.stderr.count("2 ranks started") == (case == "site")
