"""A checked case: its sections, where its files lie, and what the readers and the model take from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from lsmcal.case.checks.site import upside_down
from lsmcal.case.file import CaseFile
from lsmcal.case.sections import site as site_keys
from lsmcal.core import calendars
from lsmcal.core.errors import Problems
from lsmcal.inputs.station import spec
from lsmcal.noah.parameters.tables import Tables
from lsmcal.parameters.table import ParameterSet


@dataclass(frozen=True)
class Case(CaseFile):
    """Everything a case file says, checked, with all defaults filled in.

    Parameters
    ----------
    file : Path
        The case file.
    parameters : ParameterSet
        [parameters], with the set of ``--parameters`` on top.
    about, site, grid, model, forcing, initial, spinup, run, calibrate, report : section
        See :mod:`lsmcal.case.sections.site`; ``about`` is [case].
    observations : section or None
    data : tuple of Path
        Folders looked in for data before the case's own.
    """

    SECTIONS: ClassVar[tuple[str, ...]] = tuple(site_keys.SECTIONS)
    file: Path
    parameters: ParameterSet
    about: site_keys.About
    site: site_keys.Site
    grid: site_keys.Grid
    model: site_keys.Model
    forcing: site_keys.Forcing
    initial: site_keys.Initial
    spinup: site_keys.SpinUp
    run: site_keys.Run
    observations: site_keys.Observations | None
    calibrate: site_keys.Calibrate
    report: site_keys.Report
    data: tuple[Path, ...] = ()

    # -- the model ------------------------------------------------------------------------------------------------
    def tables(self) -> Tables:
        """Parameter tables, NROOT on this grid; everything :func:`lsmcal.case.column.column_of` checks holds.

        Raises
        ------
        InputError
        """
        from lsmcal.case.column import column_of

        return column_of(self).tables

    def bottom_temperature(self) -> float:
        """Temperature at zbot, K, before any offset of a parameter set.

        ``-0.0063 h + 30.98 + 273`` with the height clipped to ``tbot_clip`` (Wu 2016, citing Chen Hao; PHYSICS 5).
        """
        if self.site.tbot != "elevation":
            return float(self.site.tbot)
        return -0.0063 * float(np.clip(self.site.elevation, *self.site.tbot_clip)) + 30.98 + 273.0

    # -- time -----------------------------------------------------------------------------------------------------
    def spinup_period(self, first: np.datetime64 | None = None) -> tuple[str, str]:
        """First and last day that the spin-up repeats, ISO texts; both empty without spin-up.

        Parameters
        ----------
        first : datetime64, optional
            Start of the forcing, on its clock: where ``run.start`` is empty, the spin-up's first year begins there.
        """
        spinup = self.spinup
        if spinup.method == "none":
            return "", ""
        if spinup.years:
            return f"{spinup.years[0]:04d}-01-01", f"{spinup.years[1]:04d}-12-31"
        if spinup.start or not (self.run.start or first is not None):
            return spinup.start, spinup.end
        begin = calendars.moment(self.run.start or str(first)).astype("datetime64[D]")
        return str(begin), str(_a_year_later(begin) - 1)

    def period(self) -> tuple[str, str]:
        """First and last moment of the forcing that run and spin-up need, ISO texts; empty: all there is."""
        if upside_down(self.run.start, self.run.end):  # complained of already; the rest of the forcing still counts
            return "", ""
        first, last = self.spinup_period()
        begins = [text for text in (self.run.start, first) if text]
        ends = [text for text in (self.run.end, last) if text]
        start = min(begins, key=calendars.moment) if self.run.start else ""
        end = max(ends, key=lambda text: calendars.moment(text, end=True)) if self.run.end else ""
        return start, end

    # -- what the readers take ------------------------------------------------------------------------------------
    def forcing_spec(self) -> spec.ForcingSpec:
        """Description of the weather for :func:`lsmcal.inputs.station.read.read_forcing`.

        Raises
        ------
        InputError
            When the file is nowhere to be found.
        """
        forcing, problems = self.forcing, Problems()
        file = Path()
        if forcing.format != "generator":
            file = self.find(forcing.file, "forcing.file", problems)
        problems.raise_if_any()
        start, end = self.period()
        given = {name: getattr(forcing, name) for name in site_keys.Forcing.model_fields}
        columns = {role: spec.Column(item.column, item.unit, item.scale) for role, item in forcing.columns.items()}
        elevation = float("nan") if self.site.elevation is None else self.site.elevation
        lists = {"missing": tuple(forcing.missing), "years": tuple(forcing.years)}
        place = {"latitude": self.site.latitude, "longitude": self.site.longitude, "elevation": elevation}
        files = {"file": file, "columns": columns, "start": start, "end": end}
        return spec.ForcingSpec(**{**given, **lists, **place, **files})

    def observation_spec(self) -> spec.ObservationSpec | None:
        """Description of the observation table; None where there is none (no section, or a twin).

        Raises
        ------
        InputError
            When the file is nowhere to be found.
        """
        seen, problems = self.observations, Problems()
        if seen is None or seen.format == "twin":
            return None
        file = self.find(seen.file, "observations.file", problems)
        problems.raise_if_any()
        return spec.ObservationSpec(
            file=file,
            columns=tuple(spec.ObservedColumn(c.column, c.kind, c.depth, c.unit) for c in seen.columns),
            time_column=seen.time_column,
            time_format=seen.time_format,
            time_zone_hours=self.forcing.time_zone_hours if seen.time_zone_hours is None else seen.time_zone_hours,
            stamp=seen.stamp,
            step=seen.step,
            missing=tuple(seen.missing),
            start=seen.start,
            end=seen.end,
        )

    def initial_file(self) -> Path:
        """File of the initial profile; for "noah-text" the forcing file unless another is named.

        Raises
        ------
        InputError
            When it is nowhere to be found.
        """
        problems = Problems()
        key = "initial.file" if self.initial.file else "forcing.file"
        path = self.find(self.initial.file or self.forcing.file, key, problems)
        problems.raise_if_any()
        return path

    # -- what results belong to ----------------------------------------------------------------------------------
    def fingerprint(self, stage: str) -> str:
        """Hash of what a stage depends on; see :func:`lsmcal.case.fingerprint.fingerprint`."""
        from lsmcal.case.fingerprint import fingerprint

        return fingerprint(self, stage)

    def fingerprint_of(self, stage: str) -> dict[str, object]:
        """What a stage depends on, to tell what changed; see :func:`lsmcal.case.fingerprint.relevant`."""
        from lsmcal.case.fingerprint import relevant

        return relevant(self, stage)


def _a_year_later(day: np.datetime64) -> np.datetime64:
    """The same day of the next year; 1 March after a 29 February."""
    month = day.astype("datetime64[M]")
    return (month + 12).astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
