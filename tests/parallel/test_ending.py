"""One rank that ends takes the others with it; ranks that all end say so once."""

import subprocess

import pytest

from lsmcal.parallel.ending import end_all, leave_together
from lsmcal.parallel.stop import REQUEUE
from tests.parallel.ranks import ROOT, launched

_ONE = """
import sys, time
from lsmcal.parallel.ending import end_all
from lsmcal.parallel.launch import launched_world
world = launched_world()
if world.rank == int(sys.argv[1]):
    if world.is_root:
        print("no such file", file=sys.stderr)
    end_all(2, "no such file", said=world.is_root)
world.barrier()
"""
_BEFORE = """
import sys
from lsmcal.parallel.ending import end_all
from lsmcal.parallel.launch import launched_world
world = launched_world()
if world.rank <= int(sys.argv[1]):
    end_all(1, "refused", said=False)
world.barrier()
"""

_STOPPED = """
import sys, time
from lsmcal.parallel.ending import leave_together
from lsmcal.parallel.launch import launched_world
world = launched_world()
world.comm.send(None, dest=(world.rank + 1) % world.size, tag=16)  # a report that nobody waits for any more
time.sleep(0.3 * world.rank)  # its records are written
print("written by", world.rank, flush=True)
leave_together(int(sys.argv[1]))
"""


def ended(script, ranks, last):
    done = subprocess.run(launched(ranks, "-c", script, last), cwd=ROOT, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stderr


@pytest.mark.parametrize("rank, words", [(0, "no such file"), (2, "rank 2 of 3: no such file")])
def test_the_others_end_with_the_status_of_one(rank, words):
    status, said = ended(_ONE, 3, rank)
    assert status == 2 and said.splitlines().count(words) == 1


@pytest.mark.parametrize("last", [0, 2])
def test_what_refuses_rank_0_or_all_is_said_once(last):
    """Rank 0 alone as by the lock of a folder, which it alone asks for; all by a mistake in the case."""
    status, said = ended(_BEFORE, 3, last)
    assert status == 1 and said.splitlines().count("refused") == 1


def test_one_process_goes_on():
    assert end_all(1, "words", said=False) is None
    assert leave_together(REQUEUE) is None


def test_ranks_that_are_stopped_end_together_with_the_status_of_the_stop():
    """The launcher reports neither a kill of ranks that are left nor MPI's complaint about messages on their way."""
    for _ in range(3):
        command = launched(3, "-c", _STOPPED, REQUEUE)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
        assert done.returncode == REQUEUE, done.stderr
        assert sorted(done.stdout.split()[2::3]) == ["0", "1", "2"]
