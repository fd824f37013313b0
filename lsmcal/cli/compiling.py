"""Compilation of the kernels, announced as it begins: the first run of a version is silent for a minute otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

_SAID = "compiling the model, once for each version and machine; this may take about a minute"


@contextmanager
def announced_compilation(quiet: bool = False) -> Iterator[None]:
    """Say on standard error when a kernel of lsmcal has to be compiled; loading what was compiled says nothing.

    Parameters
    ----------
    quiet : bool
    """
    from numba.core import event

    class Announcer(event.Listener):
        said = quiet

        def on_start(self, found) -> None:
            if not self.said and _is_of_lsmcal(found.data):
                self.said = True
                typer.echo(_SAID, err=True)

        def on_end(self, found) -> None:
            """Nothing is said then."""

    with event.install_listener("numba:compile", Announcer()):
        yield


def _is_of_lsmcal(data) -> bool:
    function = getattr(data.get("dispatcher") if isinstance(data, dict) else None, "py_func", None)
    return getattr(function, "__module__", "").startswith("lsmcal.")
