"""Pieces are done once each, in their order, until someone asks to stop."""

import threading

import pytest

from lsmcal.parallel.scheduler import distribute
from lsmcal.parallel.stop import Stop, Stopped
from lsmcal.parallel.world import World


def test_every_piece_is_done_once_in_order():
    done, reports = [], []

    def work(piece, report):
        done.append(piece)
        report(1, 1)
        return True

    distribute(World(), [3, 1, 2], work, Stop(), progress=lambda *told: reports.append(told))
    assert done == [3, 1, 2] and sorted(reports) == [(1, 1, 1), (2, 1, 1), (3, 1, 1)]


def test_as_many_at_a_time_as_there_are_threads():
    meeting = threading.Barrier(3, timeout=30.0)
    distribute(World(), range(3), lambda piece, report: meeting.wait() >= 0, Stop(), threads=3)


def test_no_piece_is_begun_after_a_wish_to_stop():
    stop, done = Stop(), []

    def work(piece, report):
        done.append(piece)
        stop.set()
        return True

    with pytest.raises(Stopped):
        distribute(World(), range(5), work, stop)
    assert done == [0]


def test_what_a_piece_raises_is_raised_and_the_others_are_told():
    stop = Stop()

    def work(piece, report):
        raise KeyError(piece)

    with pytest.raises(KeyError):
        distribute(World(), range(3), work, stop)
    assert stop
