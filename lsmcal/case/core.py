"""A checked case: its sections, where its files lie, and what the readers and the model take from it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from lsmcal.case.checks.partial import Faulty
from lsmcal.case.column import column_of
from lsmcal.case.fingerprint import fingerprint, relevant
from lsmcal.case.sections.about import About, Report
from lsmcal.case.sections.calibrate import RegionCalibrate, SiteCalibrate
from lsmcal.case.sections.domain import Domain
from lsmcal.case.sections.ground import Grid, Site
from lsmcal.case.sections.kinds import ORDER, RegionForcing
from lsmcal.case.sections.model import Model, choices_of
from lsmcal.case.sections.observations import Observations
from lsmcal.case.sections.region import Region, RegionRun, RegionSpinUp
from lsmcal.case.sections.screen import Screen
from lsmcal.case.sections.start import Initial, Run, SiteSpinUp
from lsmcal.case.sections.target import Target
from lsmcal.case.sections.weather import Forcing
from lsmcal.case.toml import to_toml
from lsmcal.case.types import is_reversed
from lsmcal.core import calendars
from lsmcal.core.errors import Problems, not_none
from lsmcal.core.files import write_text
from lsmcal.core.text import why_no_file
from lsmcal.core.words import printable
from lsmcal.inputs.station import spec
from lsmcal.noah.parameters.options import PRESET_TABLES, Choices
from lsmcal.noah.parameters.tables import Tables
from lsmcal.parameters.table import ParameterSet, parameter_table, sensitive_parameters


@dataclass(frozen=True)
class Case:
    """Everything a case file says, checked, with all defaults filled in; of one site, or of a region of many cells.

    Parameters
    ----------
    file : Path
        The case file.
    parameters : ParameterSet
        [parameters], with the set of ``--parameters`` on top.
    about, grid, model, forcing, spinup, run, report : section
        Of every case; see :mod:`lsmcal.case.sections`. ``about`` is [case].
    calibrate : section or None
        What is searched; None for a region that is not calibrated.
    site, initial : section or None
        Of a site.
    observations : section or None
        Of a site that was measured at.
    region : section or None
        Of a region.
    domain, screen, target : section or None
        Of a region: maps its cells are made from, a screening, a map of permafrost to compare with.
    data : tuple of Path
        Folders looked in for data before the case's own.
    options : tuple of str
        ``--parameters`` and ``--set`` as given, whose values are in the sections.
    """

    file: Path
    parameters: ParameterSet
    about: About
    grid: Grid
    model: Model
    forcing: Forcing | RegionForcing
    spinup: SiteSpinUp | RegionSpinUp
    run: Run | RegionRun
    report: Report
    calibrate: SiteCalibrate | RegionCalibrate | None = None
    site: Site | None = None
    initial: Initial | None = None
    observations: Observations | None = None
    region: Region | None = None
    domain: Domain | None = None
    screen: Screen | None = None
    target: Target | None = None
    data: tuple[Path, ...] = ()
    options: tuple[str, ...] = field(default=(), compare=False)

    @property
    def kind(self) -> Literal["site", "region"]:
        """Whether the case is of one site or of a region."""
        return "site" if self.region is None else "region"

    # -- sections that each kind has keys of its own in; what they are not is asked, since a faulty one is partial ----
    @property
    def site_forcing(self) -> Forcing:
        """[forcing] of a site."""
        assert not isinstance(self.forcing, RegionForcing), "a region"
        return self.forcing

    @property
    def region_forcing(self) -> RegionForcing:
        """[forcing] of a region; its format says which keys it has."""
        assert not isinstance(self.forcing, Forcing), "a site"
        return self.forcing

    @property
    def region_spinup(self) -> RegionSpinUp:
        """[spinup] of a region."""
        assert not isinstance(self.spinup, SiteSpinUp), "a site"
        return self.spinup

    @property
    def site_run(self) -> Run:
        """[run] of a site."""
        assert not isinstance(self.run, RegionRun), "a region"
        return self.run

    @property
    def region_run(self) -> RegionRun:
        """[run] of a region."""
        assert not isinstance(self.run, Run), "a site"
        return self.run

    @property
    def site_calibrate(self) -> SiteCalibrate:
        """[calibrate] of a site."""
        assert not isinstance(self.calibrate, RegionCalibrate), "a region"
        return not_none(self.calibrate)

    # -- names and places -----------------------------------------------------------------------------------------
    @property
    def source(self) -> str:
        """The case file, for messages."""
        return str(self.file)

    @property
    def folder(self) -> Path:
        """Folder of the case file."""
        return self.file.parent

    @property
    def name(self) -> str:
        """Name for titles and messages."""
        return printable(self.about.name or self.file.resolve().parent.name)

    @property
    def title(self) -> str:
        """Title of the report."""
        return printable(self.report.title) or self.name

    @property
    def output_folder(self) -> Path:
        """Folder of all results; not made by asking for it."""
        return self.folder / self.about.output

    def places(self, name: str) -> list[Path]:
        """Where a file of the case may lie, in the order it is looked for."""
        if Path(name).is_absolute():
            return [Path(name)]
        return [folder / name for folder in (*self.data, self.folder)]

    def find(self, name: str, key: str, problems: Problems) -> Path | None:
        """A data file of the case, or a problem that names every place looked in."""
        if not name:
            raise Faulty(key)
        places = self.places(name)
        for place in places:
            if place.is_file():
                return place
        for place in places:
            if (reason := why_no_file(place)) and not reason.startswith("no such"):
                problems.add(reason, source=self.file, variable=key, value=place, expected="a file")
                return None
        looked = ", ".join(str(place) for place in places)
        hint = "" if self.data else "; --data or LSMCAL_DATA can name the data folder"
        problems.add("no such file", source=self.file, variable=key, value=name, expected=f"it at {looked}{hint}")
        return None

    # -- the model ------------------------------------------------------------------------------------------------
    def choices(self) -> Choices:
        """Named options of the model."""
        return choices_of(self.model)

    def table_names(self) -> dict[str, str]:
        """Packaged name or file of the soil, vegetation and general table."""
        own = PRESET_TABLES[self.model.preset]
        return {
            "soil": self.model.soil_table or own["soil"],
            "vegetation": self.model.vegetation_table,
            "general": self.model.general_table or own["general"],
        }

    def calibrated_names(self) -> list[str]:
        """Names in ``calibrate.parameters`` with "sensitive" and "all" written out."""
        groups = {
            "sensitive": sensitive_parameters(),
            "all": [row.name for row in parameter_table() if row.status == "tunable"],
        }
        names = [name for given in not_none(self.calibrate).parameters for name in groups.get(given, [given])]
        return list(dict.fromkeys(names))

    # -- the case again -------------------------------------------------------------------------------------------
    def resolved(self) -> dict[str, dict]:
        """All sections with all defaults filled in, as plain values; what has no value is left out."""
        content = {}
        for name in ORDER:
            section = getattr(self, "about" if name == "case" else name)
            if section is not None:
                content[name] = section.plain()
        choices = self.choices()
        content["model"] |= {name: getattr(choices, name) for name in choices.__dataclass_fields__}
        content["model"] |= {f"{kind}_table": name for kind, name in self.table_names().items()}
        if self.parameters:
            content["parameters"] = dict(self.parameters)
        return content

    def resolved_text(self) -> str:
        """The resolved case as TOML; it reads back as the same case."""
        from lsmcal import __version__

        head = f"# The case as read by lsmcal {__version__}, all defaults filled in.\n\n"
        return head + to_toml(self.resolved())

    def write_resolved(self, path: str | os.PathLike) -> None:
        """Write :meth:`resolved_text`, whole or not at all."""
        write_text(path, self.resolved_text())

    # -- the model at a site --------------------------------------------------------------------------------------
    def tables(self) -> Tables:
        """Parameter tables, NROOT on this grid; everything :func:`lsmcal.case.column.column_of` checks holds.

        Raises
        ------
        InputError
        """
        return column_of(self).tables

    def bottom_temperature(self) -> float:
        """Temperature at zbot, K, before any offset of a parameter set.

        ``-0.0063 h + 30.98 + 273`` with the height clipped to ``tbot_clip`` (Wu 2016, citing Chen Hao).
        """
        site = not_none(self.site)
        if site.tbot != "elevation":
            return float(site.tbot)
        if site.elevation is None:
            raise Faulty("site.elevation")
        low, high = site.tbot_clip
        return -0.0063 * float(np.clip(site.elevation, low, high)) + 30.98 + 273.0

    # -- time -----------------------------------------------------------------------------------------------------
    def spinup_period(self, first: np.datetime64 | None = None) -> tuple[str, str]:
        """First and last day that the spin-up repeats, ISO texts; both empty without spin-up.

        Parameters
        ----------
        first : datetime64, optional
            Start of the forcing, on its clock: where ``run.start`` is empty, the spin-up's first year begins there.
        """
        spinup, run = self.spinup, self.site_run
        if spinup.method == "none":
            return "", ""
        if spinup.years:
            return f"{spinup.years[0]:04d}-01-01", f"{spinup.years[1]:04d}-12-31"
        if spinup.start or not (run.start or first is not None):
            return spinup.start, spinup.end
        begin = calendars.moment(run.start or str(first)).astype("datetime64[D]")
        return str(begin), str(_a_year_later(begin) - 1)

    def period(self) -> tuple[str, str]:
        """First and last moment of the forcing that run and spin-up need, ISO texts; empty: all there is."""
        run = self.site_run
        if is_reversed(run.start, run.end):  # complained of already; the rest of the forcing still counts
            return "", ""
        first, last = self.spinup_period()
        begins = [text for text in (run.start, first) if text]
        ends = [text for text in (run.end, last) if text]
        start = min(begins, key=calendars.moment) if run.start else ""
        end = max(ends, key=lambda text: calendars.moment(text, end=True)) if run.end else ""
        return start, end

    # -- what the readers take ------------------------------------------------------------------------------------
    def forcing_spec(self) -> spec.ForcingSpec:
        """Description of the weather for :func:`lsmcal.inputs.station.read.read_forcing`.

        Raises
        ------
        InputError
            When the file is nowhere to be found.
        """
        forcing, site, problems = self.site_forcing, not_none(self.site), Problems()
        made = forcing.format == "generator"
        file = Path() if made else self.find(forcing.file, "forcing.file", problems)
        problems.raise_if_any()
        start, end = self.period()
        given = {name: getattr(forcing, name) for name in Forcing.model_fields}
        columns = {
            role: spec.SourceColumn(item.column, item.unit, item.scale) for role, item in forcing.columns.items()
        }
        elevation = float("nan") if site.elevation is None else site.elevation
        lists = {"missing": tuple(forcing.missing), "years": tuple(forcing.years)}
        place = {"latitude": site.latitude, "longitude": site.longitude, "elevation": elevation}
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
            file=not_none(file),
            columns=tuple(spec.ObservedColumn(c.column, c.kind, c.depth, c.unit) for c in seen.columns),
            time_column=seen.time_column,
            time_format=seen.time_format,
            time_zone_hours=self.site_forcing.time_zone_hours if seen.time_zone_hours is None else seen.time_zone_hours,
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
        initial, problems = not_none(self.initial), Problems()
        key = "initial.file" if initial.file else "forcing.file"
        path = self.find(initial.file or self.site_forcing.file, key, problems)
        problems.raise_if_any()
        return not_none(path)

    # -- what results belong to ----------------------------------------------------------------------------------
    def fingerprint(self, stage: str) -> str:
        """Hash of what a stage depends on; see :func:`lsmcal.case.fingerprint.fingerprint`."""
        return fingerprint(self, stage)

    def fingerprint_of(self, stage: str) -> dict[str, object]:
        """What a stage depends on, to tell what changed; see :func:`lsmcal.case.fingerprint.relevant`."""
        return relevant(self, stage)


def _a_year_later(day: np.datetime64) -> np.datetime64:
    """The same day of the next year; 1 March after a 29 February."""
    month = day.astype("datetime64[M]")
    return (month + 12).astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
