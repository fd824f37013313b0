"""What is said of compilation: once, when it begins, and nothing where compiled kernels are loaded."""

import numba
import pytest

from lsmcal.cli.compiling import announced_compilation
from tests.region_cases import typed


def kernel(module):
    """A function that is not compiled yet, of some module."""

    def twice(value):
        return 2 * value

    twice.__module__ = module
    return numba.njit(twice)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_compilation_of_the_model_is_announced_once(capfd):
    with announced_compilation():
        assert kernel("elsewhere")(2) == 4
        assert capfd.readouterr().err == ""
        function = kernel("lsmcal.noah.integrate")
        assert function(2) == 4 and function(2.0) == 4.0
    assert capfd.readouterr().err.count("compiling the model") == 1
    with announced_compilation(quiet=True):
        kernel("lsmcal.noah.integrate")(2)
    kernel("lsmcal.noah.integrate")(2)
    assert capfd.readouterr().err == ""


def test_compiled_kernels_are_loaded_silently(site):
    folder, _ = site
    assert "compiling" not in typed("plan", folder, "--seconds", "1", "--json").stderr


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
@pytest.mark.parametrize("words", [("plan", "--seconds", "1"), ("run",), ("inspect", "--day", "2001-01-01")])
def test_verbs_announce_it(tiny, monkeypatch, words):
    """A compilation in the midst of the work, at the place where the case's site is made."""
    from lsmcal.simulate.site import Site

    made = Site.from_case
    monkeypatch.setattr(Site, "from_case", lambda case: (kernel("lsmcal.noah.integrate")(2), made(case))[1])
    assert typed(words[0], tiny, *words[1:]).stderr.count("may take about a minute") == 1
