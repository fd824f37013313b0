"""The job scripts: checked by shellcheck, and driven through warnings, failures and turns by a stand-in for Slurm."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsmcal.noah.runtime.jit import CACHE_FOLDER
from lsmcal.parallel.stop import REQUEUE
from tests.region_cases import UNDRAWN, typed

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ("region", "array", "campaign")
_BESIDE_PYTHON = Path(sys.executable).parent
#: Seconds for a step of lsmcal itself: the first on a machine compiles, beside other tests.
PATIENCE = 300.0

CASE = """
[region]
source = "plateau"
cells = 50

[grid]
thickness = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0]

[spinup]
years = [1979, 1979]
method = "fixed"
cycles = 1

[run]
years = [1979, 1986]
checkpoint_seconds = 0.0
"""

CALIBRATE = """
[target]
source = "twin"
year = 1980
hidden = { TBOT = -2.0 }
[calibrate]
parameters = ["TBOT"]
engine = "random"
evaluations = 100
batch = 1
members = 2
cells = "all"
every = 5
spinup = { method = "fixed", cycles = 1 }
"""

#: As srun: so many processes, in the place of itself, so that a signal for it is one for them (mpiexec passes it on).
SRUN = """#!/bin/bash
echo "$*" >> "$CALLS/srun"
ranks=1
while [[ $1 == --* ]]; do
    [[ $1 != --ntasks=* ]] || ranks=${1#*=}
    shift
done
if ((ranks > 1)); then exec mpiexec -n "$ranks" "$@"; fi
exec "$@"
"""
SCONTROL = """#!/bin/bash
echo "$*" >> "$CALLS/scontrol"
exit "${SCONTROL_STATUS:-0}"
"""
#: lsmcal itself, except that it draws no figures.
QUICK_LSMCAL = f"""#!/bin/bash
exec "{sys.executable}" -c "{UNDRAWN}; from lsmcal.cli.main import main; main()" "$@"
"""
#: In the place of lsmcal where only the script is of interest; it works until it is told to stop.
LSMCAL = """#!/bin/bash
echo "$*" >> "$CALLS/lsmcal"
[[ $1 != plan ]] || exit 0
case $WAY in
    checkpoints) trap 'exit 75' USR1 TERM ;;
    deaf) trap '' USR1 ;;
    fails-when-warned) trap 'exit 1' USR1 ;;
esac
echo $$ > "$CALLS/pid"
mv "$CALLS/pid" "$CALLS/at-work"
for ((i = 0; i < 600; i++)); do sleep 0.05; done
"""


class Cluster:
    """Slurm as far as the scripts see it: its commands, its variables, and scripts that run as copies elsewhere."""

    def __init__(self, folder: Path):
        self.calls, self.spool, self._bin = folder / "calls", folder / "spool", folder / "bin"
        for new in (self.calls, self.spool, self._bin):
            new.mkdir()
        for name, text in {"srun": SRUN, "scontrol": SCONTROL}.items():
            self.command(name, text)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
        path = os.pathsep.join([str(self._bin), str(_BESIDE_PYTHON), os.environ["PATH"]])
        self.variables = kept | {
            "PATH": path,
            "CALLS": str(self.calls),
            "ACTIVATE": "",
            "CACHE": str(CACHE_FOLDER.parent),
            "SLURM_JOB_ID": "4711",
            "SLURM_SUBMIT_DIR": str(ROOT),
            "SLURM_CPUS_PER_TASK": "1",
        }

    def command(self, name: str, text: str) -> None:
        (self._bin / name).write_text(text)
        (self._bin / name).chmod(0o755)

    def submit(self, script: str, *words: str, **variables: object) -> subprocess.Popen:
        copy = shutil.copy(ROOT / "slurm" / f"{script}.sh", self.spool / "slurm_script")
        variables = self.variables | {name: str(value) for name, value in variables.items()}
        return subprocess.Popen(
            ["bash", copy, *words],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def called(self, name: str) -> list[str]:
        path = self.calls / name
        return path.read_text().splitlines() if path.exists() else []

    def warned_at_work(self, script: str, *, number=signal.SIGUSR1, way="checkpoints", status=REQUEUE, **variables):
        """A job with the stand-in for lsmcal that gets a signal as soon as it works; what it said."""
        self.command("lsmcal", LSMCAL)
        job = self.submit(script, WAY=way, **variables)
        wait_for(self.calls / "at-work", job)
        job.send_signal(number)
        if number == signal.SIGTERM:  # Slurm tells the tasks too; the B: of --signal means the shell alone
            os.kill(int((self.calls / "at-work").read_text()), number)
        said = end_of(job, 30.0)
        assert job.returncode == status, said
        return said


@pytest.fixture
def cluster(tmp_path):
    return Cluster(tmp_path)


def wait_for(path: Path, job: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        if job.poll() is not None or time.monotonic() > deadline:
            pytest.fail(end_of(job, 0.0))
        time.sleep(0.02)


def end_of(job: subprocess.Popen, patience: float) -> str:
    """Wait for the end of a script and, as Slurm does, end what it left running; what was said."""
    try:
        job.wait(patience)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(job.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    return job.communicate()[1]


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.nc"))}


# -- what can be seen without running --------------------------------------------------------------------------------
def test_shellcheck_has_nothing_to_say():
    checker = shutil.which("shellcheck", path=os.pathsep.join([str(_BESIDE_PYTHON), os.environ["PATH"]]))
    if checker is None:
        pytest.skip("no shellcheck: install the extra test")
    scripts = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "slurm").glob("*.sh"))
    assert len(scripts) == len(SCRIPTS) + 1
    done = subprocess.run([checker, "-x", "-s", "bash", *scripts], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_can_be_warned_requeued_and_read(script):
    text = (ROOT / "slurm" / f"{script}.sh").read_text()
    options = re.findall(r"^#SBATCH (\S+)$", text, re.M)
    assert {"--requeue", "--open-mode=append"} <= set(options)
    ahead = next(int(found[1]) for option in options if (found := re.fullmatch(r"--signal=B:USR1@(\d+)", option)))
    patience = int(re.search(r"^PATIENCE=\$\{PATIENCE:-(\d+)\}", text, re.M)[1])
    assert patience <= ahead - 30  # Slurm's clock is no finer, and the requeue must come before the end
    assert text.index("#SBATCH") < text.index("\nset -euo pipefail") < text.index("\nsource ")


# -- a region, with lsmcal itself -------------------------------------------------------------------------------------
def test_a_warned_region_goes_on_in_the_next_turn_to_the_same_bytes(cluster, tmp_path):
    if shutil.which("mpiexec", path=cluster.variables["PATH"]) is None:
        pytest.skip("no mpiexec: install the extra mpich")
    (tmp_path / "case.toml").write_text(CASE)
    alone, output, kept = tmp_path / "alone", tmp_path / "output", tmp_path / "kept"
    typed("run", tmp_path, "--quiet", "--set", f"case.output={alone}")

    given = {"CASE": tmp_path, "OUTPUT": output, "KEEP": kept, "SLURM_NTASKS": 2}
    job = cluster.submit("region", **given)
    wait_for(output / "checkpoint" / "run", job)
    job.send_signal(signal.SIGUSR1)
    said = end_of(job, PATIENCE)
    assert job.returncode == REQUEUE, said
    assert cluster.called("scontrol") == ["requeue 4711"] and "stopped on request" in said
    assert not (output / "region.nc").exists() and list((output / "checkpoint" / "run").glob("*.sqlite"))

    job = cluster.submit("region", **given, SLURM_RESTART_COUNT=1)
    said = end_of(job, PATIENCE)
    assert job.returncode == 0, said
    assert len(cluster.called("scontrol")) == 1
    assert digests(alone) == digests(output) == digests(kept) and len(digests(alone)) == 2
    assert not (kept / "checkpoint").exists()


def test_a_warned_calibration_goes_on_in_the_next_turn(cluster, tmp_path):
    (tmp_path / "case.toml").write_text(CASE.replace("1986", "1980") + CALIBRATE)
    output = tmp_path / "output"
    cluster.command("lsmcal", QUICK_LSMCAL)
    history, given = output / "calibration" / "history.jsonl", {"VERB": "calibrate", "CASE": tmp_path, "OUTPUT": output}
    job = cluster.submit("region", **given)
    wait_for(history, job)
    job.send_signal(signal.SIGUSR1)
    said = end_of(job, PATIENCE)
    assert job.returncode == REQUEUE, said
    assert cluster.called("scontrol") == ["requeue 4711"] and "stopped on request" in said
    before = history.read_bytes()
    done = before.count(b"\n") - 1
    assert 0 <= done < 100 and not (output / "calibration" / "evaluation.json").exists()

    job = cluster.submit("region", "--set", f"calibrate.evaluations={done + 2}", **given, SLURM_RESTART_COUNT=1)
    said = end_of(job, PATIENCE)
    assert job.returncode == 0, said
    assert history.read_bytes().startswith(before) and history.read_bytes().count(b"\n") == done + 3
    assert (output / "calibration" / "evaluation.json").exists() and len(cluster.called("scontrol")) == 1


def test_a_failed_run_is_not_requeued(cluster, tmp_path):
    (tmp_path / "case.toml").write_text(CASE)
    (tmp_path / "output" / "checkpoint" / "spinup" / "rank-00000.sqlite").mkdir(parents=True)
    job = cluster.submit("region", CASE=tmp_path, OUTPUT=tmp_path / "output")
    said = end_of(job, PATIENCE)
    assert job.returncode == 1 and "the checkpoint cannot be read" in said
    assert cluster.called("scontrol") == [] and "not requeued" in said


def test_bad_input_ends_the_job_before_the_ranks_begin(cluster, tmp_path):
    (tmp_path / "case.toml").write_text(CASE.replace("cycles = 1", "cycles = -2"))
    job = cluster.submit("region", CASE=tmp_path, SLURM_NTASKS=4)
    said = end_of(job, PATIENCE)
    assert job.returncode == 2 and "spinup.cycles" in said
    assert len(cluster.called("srun")) == 1 and cluster.called("scontrol") == []


# -- the scripts alone ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_passes_the_warning_on_and_requeues(cluster, script):
    cluster.warned_at_work(script, SLURM_ARRAY_TASK_ID=2, SLURM_ARRAY_JOB_ID=4700)
    assert cluster.called("scontrol") == ["requeue 4700_2"]


def test_a_process_that_does_not_know_the_signal_is_requeued_too(cluster):
    cluster.warned_at_work("campaign", way="dies")
    assert cluster.called("scontrol") == ["requeue 4711"]


def test_a_step_that_is_too_slow_is_left_to_its_checkpoints(cluster):
    said = cluster.warned_at_work("campaign", way="deaf", PATIENCE=1)
    assert cluster.called("scontrol") == ["requeue 4711"] and "requeued" in said


def test_a_failure_after_the_warning_is_a_failure(cluster):
    cluster.warned_at_work("campaign", way="fails-when-warned", status=1)
    assert cluster.called("scontrol") == []


def test_a_cancelled_job_stays_away(cluster):
    said = cluster.warned_at_work("campaign", number=signal.SIGTERM)
    assert cluster.called("scontrol") == [] and "scancel" in said


def test_turns_are_counted(cluster):
    said = cluster.warned_at_work("campaign", TURNS=3, SLURM_RESTART_COUNT=2)
    assert cluster.called("scontrol") == [] and "after 3 turns" in said


def test_a_failed_requeue_is_reported(cluster):
    said = cluster.warned_at_work("campaign", SCONTROL_STATUS=1)
    assert len(cluster.called("scontrol")) == 1 and "scontrol requeue failed" in said


def test_an_array_task_does_its_line(cluster, tmp_path):
    cluster.command("lsmcal", '#!/bin/bash\nprintf "%s|" "$@" >> "$CALLS/lsmcal"\necho >> "$CALLS/lsmcal"\n')
    tasks = tmp_path / "tasks.txt"
    tasks.write_text('# a list\nrun one\n\n  # more\nrun "my case" --set case.output=out-2\n')
    job = cluster.submit("array", LIST=tasks, SLURM_ARRAY_TASK_ID=2, SLURM_CPUS_PER_TASK=4)
    said = end_of(job, 30.0)
    assert job.returncode == 0, said
    assert cluster.called("lsmcal")[-1] == "run|my case|--set|run.threads=4|--set|case.output=out-2|"
    job = cluster.submit("array", LIST=tasks, SLURM_ARRAY_TASK_ID=3)
    assert "has no line 3" in end_of(job, 30.0) and job.returncode == 2


def test_a_node_reads_from_its_own_disk(cluster, tmp_path):
    cluster.command("lsmcal", '#!/bin/bash\necho "$* $LSMCAL_CACHE" >> "$CALLS/lsmcal"\n')
    disk, packed, kernels = tmp_path / "disk", tmp_path / "packed", tmp_path / "kernels"
    for folder in (packed, kernels):
        folder.mkdir()
        (folder / "content").write_text(folder.name)
    given = {"CASE": "here", "OUTPUT": "there", "FORCING": packed, "NODE_DISK": disk, "CACHE": kernels}
    job = cluster.submit("region", **given)
    said = end_of(job, 30.0)
    assert job.returncode == 0, said
    last = cluster.called("lsmcal")[-1]
    assert last.endswith(f"--set forcing.folder={disk}/lsmcal-forcing {disk}/lsmcal-kernels")
    assert f"--set case.output={ROOT}/there " in last  # in a case it would be relative to the case
    assert (disk / "lsmcal-forcing" / "content").read_text() == "packed"
    assert (disk / "lsmcal-kernels" / "content").read_text() == "kernels"
