"""A wish to stop comes by signal, and the handlers that were there before come back."""

import os
import signal
import threading

import pytest

from lsmcal.parallel import stop as stop_module
from lsmcal.parallel.stop import Stop, stop_when_work_begins


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_is_a_wish_and_no_end(number):
    before = signal.getsignal(number)
    with Stop() as stop:
        assert not stop
        os.kill(os.getpid(), number)
        assert stop and not stop.interrupted
    assert signal.getsignal(number) is before


def test_a_second_interrupt_ends_at_once():
    with pytest.raises(KeyboardInterrupt), Stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop and stop.interrupted
        os.kill(os.getpid(), signal.SIGINT)


def test_a_signal_before_the_work_stops_it_when_it_begins(monkeypatch):
    monkeypatch.setattr(stop_module, "_early", threading.Event())
    assert not Stop()
    stop_when_work_begins()
    assert Stop()
