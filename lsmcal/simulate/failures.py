"""A run that became non-finite: the one message that says which column, where and when."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lsmcal.noah.integrate import IntegrationError
from lsmcal.simulate.columns import Columns
from lsmcal.simulate.state import save_state


class RunFailed(ArithmeticError):
    """A run became non-finite; the message says in which cell and parameter set, in which layer and when.

    Parameters
    ----------
    message : str
    state : mapping of str to array, optional
        Last good state of the column, one row.
    number : int, optional
        Its parameter set, as the columns number them.
    alone : str, optional
        The message of a run with this set alone.
    """

    def __init__(
        self,
        message: str,
        state: Mapping[str, np.ndarray] | None = None,
        number: int | None = None,
        alone: str | None = None,
    ):
        super().__init__(message)
        self.state = dict(state or {})
        self.number = number
        self._alone = message if alone is None else alone

    def alone(self) -> RunFailed:
        """The failure as a run with this set alone reports it: other sets leave no trace in its words."""
        return RunFailed(self._alone, self.state)


def run_failed(columns: Columns, error: IntegrationError, time: np.ndarray) -> RunFailed:
    """What went wrong with one of some columns.

    Parameters
    ----------
    columns : Columns
        Whose blocks hold the last good state.
    error : IntegrationError
        Its column counts in ``columns``, its step in ``time``.
    time : (steps,) datetime64
        Start of each step.
    """
    place = "at the surface" if error.layer < 0 else f"in layer {error.layer + 1}"
    what = f"temperature or water became non-finite {place} at {time[error.step]}"
    message, alone = (
        f"{name}: {what}" if name else what
        for name in (columns.name(error.column), columns.name(error.column, with_set=False))
    )
    state = {name: values[error.column : error.column + 1] for name, values in save_state(columns.blocks).items()}
    return RunFailed(message, state, int(columns.number[error.column]), alone)
