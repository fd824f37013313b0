"""What the variables of the usual launchers say."""

import os
import re
import subprocess
import sys

import pytest

from lsmcal.parallel import launch
from lsmcal.parallel.world import World
from tests.parallel.ranks import ROOT


@pytest.fixture(autouse=True)
def without_launcher(monkeypatch):
    for name in os.environ:
        if name.startswith(("PMI", "OMPI", "SLURM", "MPI")):
            monkeypatch.delenv(name)


def test_without_a_launcher_there_is_one_rank():
    assert (launch.launched_rank(), launch.launched_ranks(), launch.launched_world()) == (0, 1, World())


@pytest.mark.parametrize(
    "rank, ranks",
    [
        ("PMI_RANK", "PMI_SIZE"),
        ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
        ("PMIX_RANK", "MPI_LOCALNRANKS"),
        ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
    ],
)
def test_every_launcher_is_understood(monkeypatch, rank, ranks):
    monkeypatch.setenv(rank, "3")
    monkeypatch.setenv(ranks, "4")
    assert (launch.launched_rank(), launch.launched_ranks()) == (3, 4)


def test_a_launcher_of_another_library_is_refused():
    """MPI sees one rank, as this process was not started by the launcher of its library."""
    pytest.importorskip("mpi4py")
    script = "from lsmcal.parallel.launch import launched_world; launched_world()"
    environment = os.environ | {"OMPI_COMM_WORLD_SIZE": "4"}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True)
    said = r"MPI: the launcher started 4 ranks, but (MPI \(.*\) sees one|mpi4py cannot be loaded: .*); expected .*"
    assert re.search(said, done.stderr)
