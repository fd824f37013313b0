"""The command: help, exit status, tables, templates, log and progress."""

import io
import logging
import re
import signal
import subprocess
import sys
import threading

import pytest

from lsmcal import __version__
from lsmcal.__main__ import start_command
from lsmcal.cli.tables import show_calibration
from lsmcal.core.log import Log
from lsmcal.core.progress import Progress
from lsmcal.parallel.stop import Stop
from tests.core.test_files import room_for

VERBS = """
init check domain run plan inspect screen calibrate evaluate report campaign compare permafrost params verify
""".split()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_a_summary_and_an_example(call, verb):
    result = call(verb, "--help")
    assert result.exit_code == 0
    lines = [line.strip() for line in result.output.split("Example:")[1].split("╭")[0].splitlines()]
    commands = [line for line in lines if line.startswith("lsmcal ")]
    assert commands[-1].startswith(f"lsmcal {verb} ")  # the last of those that are typed, each on a line of its own
    assert " ".join(lines).count("lsmcal ") == len(commands) and not {"after", "and"} & {*" ".join(lines).split()}


def test_the_help_lists_the_verbs_in_the_order_of_a_study(call):
    output = call("--help").output
    places = [re.search(rf"^\W*{verb}\s", output, re.MULTILINE).start() for verb in VERBS]
    assert places == sorted(places)
    assert "2 invalid input" in output


def test_version(call):
    assert call("--version").output == f"lsmcal {__version__}\n"


def test_help_needs_no_heavy_package():
    code = (
        "import sys; from lsmcal.cli.main import app; print(sorted({'numpy', 'numba', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_check_of_a_good_case(call, tiny):
    result = call("check", tiny)
    assert result.exit_code == 0
    assert "grassland (7); roots to layer 6" in result.output and "248 steps" in result.output


def test_check_of_a_bottom_temperature_by_an_elevation_that_is_not_given(call, tiny):
    tiny.write_text(tiny.read_text().replace("elevation = 4700.0\n", ""))
    result = call("check", tiny)
    assert result.exit_code == 2 and "1 problem with the input:" in result.stderr
    assert (
        'site.elevation: key is missing; expected m above sea level, or tbot in K instead of "elevation"'
        in result.stderr
    )


@pytest.mark.parametrize("verb", ["check", "run", "calibrate", "evaluate", "campaign", "params"])
def test_bad_input_is_status_2_a_list_on_stderr_and_nothing_written(call, tiny, verb):
    result = call(verb, tiny, "--set", "site.soil=lome", "--set", "run.ende=2001-02-01")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "2 problems with the input:" in result.stderr
    assert "did you mean loam" in result.stderr and "did you mean 'end'?" in result.stderr
    assert [path.name for path in tiny.parent.iterdir()] == ["case.toml"]


def test_wrong_usage_is_status_2(call, tiny):
    assert call("run").exit_code == 2
    assert call("runn", tiny).exit_code == 2
    result = call("init", tiny.parent / "x", "--template", "other")
    assert result.exit_code == 2 and "'--template': 'other' is not one of" in result.stderr
    result = call("inspect", tiny, "--day", "July")
    assert result.exit_code == 2 and "'July' is not a day" in result.stderr


@pytest.mark.parametrize("verb", ["check", "run", "campaign"])
def test_an_output_folder_that_is_a_file_is_a_mistake_of_the_case(call, tiny, verb):
    (tiny.parent / "output").write_text("not a folder")
    result = call(verb, tiny)
    assert result.exit_code == 2 and "1 problem" in result.stderr
    assert "case.output: the output folder cannot be written: not a directory" in result.stderr


def test_a_file_that_cannot_be_written_is_status_1_and_no_traceback(call, tiny, monkeypatch):
    def full(*arguments):
        raise OSError(28, "cannot be written: NetCDF: HDF error; the disk has 0 MB free", "run.nc")

    monkeypatch.setattr("lsmcal.cli.main.load", full)
    result = call("run", tiny)
    assert result.exit_code == 1
    assert result.stderr == "run.nc: cannot be written: NetCDF: HDF error; the disk has 0 MB free\n"


def test_interrupt_is_status_130_and_a_failed_run_status_1(call, tiny, monkeypatch):
    class RunFailed(ArithmeticError):
        pass

    def interrupted(*arguments):
        raise KeyboardInterrupt

    def failed(*arguments):
        raise RunFailed("temperature became non-finite in layer 3 at 2001-01-02")

    monkeypatch.setattr("lsmcal.cli.main.load", interrupted)
    result = call("check", tiny)
    assert result.exit_code == 0
    result = call("run", tiny)
    assert result.exit_code == 130 and "the same command resumes" in result.stderr
    monkeypatch.setattr("lsmcal.cli.main.load", failed)
    result = call("run", tiny)
    assert result.exit_code == 1 and "non-finite in layer 3" in result.stderr


@pytest.fixture
def while_loading(monkeypatch):
    """Something that happens while the command's modules are loaded; handlers of signals are put back afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored where a shell started us in the background

    def happens(what):
        class Loading:
            @staticmethod
            def find_spec(name, *arguments):
                if name == "lsmcal.cli.main":
                    what()

        monkeypatch.delitem(sys.modules, "lsmcal.cli.main")
        monkeypatch.setattr(sys, "meta_path", [Loading, *sys.meta_path])

    yield happens
    for number, handler in before.items():
        signal.signal(number, handler)


def test_an_interrupt_while_the_command_is_loaded_is_status_130_too(while_loading, capsys):
    while_loading(lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(SystemExit) as end:
        start_command()
    assert end.value.code == 130 and capsys.readouterr().err == "interrupted before anything was done\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_warning_while_the_command_is_loaded_asks_for_another_turn(while_loading, capsys, number, monkeypatch):
    monkeypatch.setattr("os._exit", sys.exit)
    while_loading(lambda: signal.raise_signal(number))
    with pytest.raises(SystemExit) as end:
        start_command()
    assert end.value.code == 75 and "the same command resumes" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_one_of_several_ranks_does_not_go_alone(while_loading, capsys, number, monkeypatch):
    """The others would wait for it; all of them stop where the work begins."""
    monkeypatch.setattr("lsmcal.parallel.stop._early", threading.Event())
    monkeypatch.setenv("PMI_SIZE", "3")
    monkeypatch.setattr(sys, "argv", ["lsmcal", "--version"])
    while_loading(lambda: signal.raise_signal(number))
    with pytest.raises(SystemExit) as end:
        start_command()
    assert end.value.code == 0 and "lsmcal" in capsys.readouterr().out and Stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_run_of_a_site_that_is_asked_to_stop_asks_for_another_turn(tiny, number):
    """It stores nothing on the way, and begins again."""
    command = [
        sys.executable,
        "-m",
        "lsmcal",
        "run",
        str(tiny),
        "--set",
        "spinup.method=fixed",
        "--set",
        "spinup.cycles=5000",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "spin-up" in line:
                break
        process.send_signal(number)
        said = process.stderr.read()
    assert process.returncode == 75 and "stopped on request" in said, said


def test_init_on_a_full_disk_leaves_no_half_file(call, tmp_path):
    with room_for(5000):
        result = call("init", tmp_path / "new")
    assert result.exit_code == 1 and "new/case.toml: cannot be written: File too large" in result.stderr
    assert not list((tmp_path / "new").iterdir())


def test_init_writes_a_case_that_checks_and_never_overwrites(call, tmp_path):
    result = call("init", tmp_path / "new", "--template", "generator")
    assert result.exit_code == 0 and result.output == f"wrote {tmp_path / 'new' / 'case.toml'}\n"
    assert call("check", tmp_path / "new").exit_code == 0
    before = (tmp_path / "new" / "case.toml").read_bytes()
    again = call("init", tmp_path / "new" / "case.toml")
    assert again.exit_code == 2 and "already exists" in again.stderr
    assert (tmp_path / "new" / "case.toml").read_bytes() == before
    assert call("init", tmp_path / "other.toml").exit_code == 0
    result = call("check", tmp_path / "other.toml")
    assert result.exit_code == 2 and "forcing.csv" in result.stderr
    assert call("init", tmp_path / "other.toml" / "sub").exit_code == 2


def test_table_of_a_calibration(capsys, tmp_path):
    scores = {name: [0.5, None] for name in ("nse", "kge", "skill", "rmse", "mbe")}
    scores |= {f"mean_{name}": 0.25 for name in ("nse", "kge", "skill", "rmse")} | {"pairs": [10, 0]}
    part = {"kind": "soil_temperature", "depths": [0.1, 0.4], "scores": {"best": {"calibration": scores}}}
    search = {"objective": "nse", "default": 0.1, "best": 0.5, "best_trial": 7, "evaluations": 9, "failed": 1}
    search |= {"stopped": "budget", "model_seconds": 3.0, "optimiser_seconds": 1.0}
    show_calibration({**part, "other": {}, "search": search}, {"SBETA": -1.5}, tmp_path)
    output = capsys.readouterr().out
    assert re.search(r"calibration\s+best\s+0\.4\s+-", output) and "0.100 (default), 0.500 (trial 7)" in output
    assert "model 3.0 s, optimiser 1.0 s" in output and "9, 1 failed" in output


def test_the_log_is_kept_from_the_beginning_but_only_once_it_may(tmp_path, capsys):
    log = Log()
    logging.getLogger("lsmcal.test").info("early")
    logging.getLogger("lsmcal.test").warning("look out")
    assert capsys.readouterr().err == "warning: look out\n"
    assert not (tmp_path / "out").exists()
    log.keep(tmp_path / "out" / "lsmcal.log")
    logging.getLogger("lsmcal.test").info("late")
    log.close()
    logging.getLogger("lsmcal.test").info("after")
    text = (tmp_path / "out" / "lsmcal.log").read_text()
    assert [line.rpartition(": ")[2] for line in text.splitlines()] == ["early", "look out", "late"]


def test_progress_without_a_terminal_is_plain_lines():
    stream, begun = io.StringIO(), []
    with Progress(begin=lambda: begun.append(1), stream=stream) as progress:
        for done in range(1, 101):
            progress("search", done, 100)
        progress("run", 1, 2)
    lines = stream.getvalue().splitlines()
    assert [line.split("  ")[-1] for line in lines] == ["search 1 of 100", "search 100 of 100", "run 1 of 2"]
    assert begun == [1]
    quiet = io.StringIO()
    Progress(quiet=True, stream=quiet)("run", 1, 1)
    assert quiet.getvalue() == ""


def test_progress_on_a_terminal_is_a_bar():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    with Progress(stream=stream) as progress:
        for done in (1, 2, 1, 2):
            progress("spin-up", done, 2)
    assert "spin-up" in stream.getvalue()
