"""One call for a case: a description in, checked forcing or observations out."""

from __future__ import annotations

import logging

from lsmcal.core.errors import InputError, Problems
from lsmcal.inputs.station.csv import read_csv_forcing
from lsmcal.inputs.station.forcing import Forcing, check_period
from lsmcal.inputs.station.prepare import prepare
from lsmcal.inputs.station.raw import RawForcing
from lsmcal.inputs.station.spec import CALENDARS, DISAGGREGATIONS, FORCING_FORMATS, STAMPS, ForcingSpec

log = logging.getLogger(__name__)


def read_forcing(spec: ForcingSpec) -> Forcing:
    """Read, check and convert the forcing of one site.

    Parameters
    ----------
    spec : ForcingSpec

    Returns
    -------
    Forcing

    Raises
    ------
    InputError
        Listing every problem found with the description and the file.
    """
    problems = Problems()
    _check_choices(spec, problems)
    problems.raise_if_any()
    if spec.format == "generator":
        from lsmcal.inputs.synthetic.station_generator import forcing_of

        return forcing_of(spec)
    raw = _read(spec, problems)
    if raw is None:
        raise InputError(problems.found)
    forcing = prepare(raw, spec, problems)
    for name, note in forcing.attributes.items():
        if name != "source" and not name.startswith(("estimated_", "assumed_")):
            log.info("%s: %s: %s", spec.file, name, note)
    return forcing


def _read(spec: ForcingSpec, problems: Problems) -> RawForcing | None:
    if spec.format == "csv":
        return read_csv_forcing(spec, problems)
    if spec.format == "netcdf":
        from lsmcal.inputs.station.netcdf import read_netcdf_forcing

        return read_netcdf_forcing(spec, problems)
    from lsmcal.inputs.station.noah_text import read_noah_forcing

    return read_noah_forcing(spec, problems)


def _check_choices(spec: ForcingSpec, problems: Problems) -> None:
    choices = {
        "format": FORCING_FORMATS,
        "stamp": STAMPS,
        "disaggregate": DISAGGREGATIONS,
        "calendar": CALENDARS,
    }
    for name, known in choices.items():
        if getattr(spec, name) not in known:
            problems.add(
                "unknown value",
                source="forcing",
                variable=name,
                value=getattr(spec, name),
                expected=f"one of {', '.join(known)}",
            )
    for name in ("step", "target_step", "precipitation_hours"):
        value = getattr(spec, name)
        if value is not None and not value > 0:
            problems.add("must be positive", source="forcing", variable=name, value=value)
    check_period(spec.start, spec.end, problems, "forcing")
