"""Site, weather and the run with the case's own parameters."""

from __future__ import annotations

import numpy as np

from lsmcal.report.leaks import ENERGY, leak_section
from lsmcal.report.page import Page, number, short
from lsmcal.simulate.results import LEDGER, Run

_SPINUP = {
    "spinup_method": "spin-up",
    "spinup_cycles": "spin-up cycles",
    "spinup_converged": "spin-up converged",
    "spinup_drift_temperature_K": "temperature drift over the last cycle [K]",
    "spinup_drift_water_mm": "water drift over the last cycle [mm]",
    "spinup_drift_ice_mm": "ice drift over the last cycle [mm]",
    "spinup_distance_K": "estimated distance to equilibrium: temperature [K]",
}
LEDGER_NAMES = {
    "energy_surface": "surface balance",
    "energy_interface": "soil surface",
    "energy_soil": "soil heat",
    "water_known": "known leaks",
    "water_residual": "water",
}
_DAY = 86400.0


def site(page: Page, case, run: Run | None) -> None:
    """Location and properties of the column, and its spin-up."""
    place, model = case.site, case.model
    page.heading("Site and model")
    north, east = place.latitude, place.longitude
    rows = [
        ("location", f"{abs(north):g}° {'N' if north >= 0 else 'S'}, {abs(east):g}° {'E' if east >= 0 else 'W'}"),
        ("elevation", "–" if place.elevation is None else f"{place.elevation:g} m"),
        ("vegetation", place.vegetation),
        ("soil", _soil(place.soil)),
        ("temperature at the lower boundary", f"{_bottom(case)} at {place.zbot:g} m"),
        ("layers", f"{len(case.grid.thickness)}, to {sum(case.grid.thickness):g} m"),
        ("model", f"{model.preset}; tables: {', '.join(f'{k} {v}' for k, v in case.table_names().items())}"),
    ]
    if case.parameters:
        rows.append(("changed parameters", ", ".join(f"{name} = {value:g}" for name, value in case.parameters.items())))
    rows.append(("forcing", case.forcing.file or f"generated, seed {case.forcing.seed}"))
    if run is not None:
        rows += [(label, _text(run.attributes[name])) for name, label in _SPINUP.items() if name in run.attributes]
    page.table(("", ""), rows, text=True)
    if run is not None and run.attributes.get("spinup_converged") == "false":
        page.note(
            f"The column had not converged after the {case.spinup.cycles} cycles that the case asks for."
            if case.spinup.method == "fixed"
            else "The spin-up reached its maximum number of cycles before the column converged."
        )


def _bottom(case) -> str:
    try:
        return f"{case.bottom_temperature():.2f} K"
    except (TypeError, ValueError):
        return str(case.site.tbot)


def _soil(soil) -> str:
    if not isinstance(soil, list):
        return str(soil)
    return ", ".join(f"{s.soil} to {s.to_depth:g} m" if hasattr(s, "to_depth") else str(s) for s in soil)


def _text(value) -> str:
    return short(float(value)) if isinstance(value, (float, np.floating)) else str(value)


def weather(page: Page, run: Run) -> None:
    """The period, its means, and what of the forcing was estimated or converted."""
    page.heading("Forcing")
    rows = []
    if run.time.size:
        last = (run.time[-1] + np.timedelta64(int(run.step), "s") - np.timedelta64(1, "s")).astype("datetime64[D]")
        rows.append(("period", f"{run.time[0].astype('datetime64[D]')} to {last}"))
        rows.append(("model step", f"{float(str(run.attributes.get('forcing_step', 'nan'))):g} s"))
        if "air_temperature" in run.variables:
            rows.append(("mean air temperature", f"{np.mean(run.variables['air_temperature']) - 273.15:.2f} °C"))
        if "precipitation" in run.variables:
            rows.append(("precipitation", f"{np.mean(run.variables['precipitation']) * _DAY * 365.2425:.0f} mm a year"))
    notes = {name[8:]: value for name, value in run.attributes.items() if name.startswith("forcing_")}
    notes.pop("step", None)
    rows += [(name.replace("_", " "), _text(value)) for name, value in notes.items()]
    page.table(("", ""), rows, text=True)


def results(page: Page, run: Run) -> None:
    """Figures and the yearly table of the run."""
    page.heading("Run with the parameters of the case")
    if run.time.size:
        _series(page, run)
    else:
        page.note("The run has no series (run.output is none); lsmcal run --set run.output=daily writes them.")
    if run.years.size:
        _years(page, run)


def _series(page: Page, run: Run) -> None:
    from lsmcal.figures.section import temperature_through_time, water_through_time
    from lsmcal.figures.snow import snow_through_time
    from lsmcal.figures.years import fluxes_by_month

    have = run.variables
    if "soil_temperature" in have:
        figure = temperature_through_time(run.time, run.depth, have["soil_temperature"])
        page.figure(figure, "Soil temperature through time; the black line is 0 °C.")
    if "soil_liquid" in have:
        figure = water_through_time(run.time, run.depth, have["soil_liquid"], "liquid water")
        page.figure(figure, "Liquid water in the soil; in frozen ground, the unfrozen water.")
    if "snow_depth" in have and np.any(have["snow_depth"] > 0.0):
        page.figure(snow_through_time(run.time, have["snow_depth"]), "Snow depth.")
    fluxes: dict[str, np.ndarray] = {
        name: have[name] for name in ("sensible_heat", "latent_heat", "ground_heat") if name in have
    }
    if fluxes:
        caption = "Mean heat fluxes by month; sensible and latent heat upward, ground heat downward."
        page.figure(fluxes_by_month(run.time, fluxes), caption)


def _years(page: Page, run: Run) -> None:
    from lsmcal.figures.profile import yearly_range
    from lsmcal.figures.years import water_by_year

    whole = finished_years(run)
    year = int(np.flatnonzero(whole)[-1]) if whole.any() else run.years.size - 1
    low, mean, high = (run.annual[f"temperature_{name}"][year] for name in ("min", "mean", "max"))
    kind = "last complete" if whole.any() else "last, incomplete"
    caption = f"Minimum, mean and maximum temperature of the {kind} year, by depth."
    page.figure(yearly_range(run.depth, low, mean, high, int(run.years[year])), caption)
    names = [f"{y}" if full else f"{y} (part)" for y, full in zip(run.years, whole, strict=True)]
    water = [run.annual[name] for name in ("precipitation", "evaporation", "runoff")]
    page.figure(water_by_year(names, *water), "Annual water balance; the difference of the bars is storage change.")
    head = ("year", "precipitation [mm]", "evaporation [mm]", "runoff [mm]", "maximum snow depth [m]")
    snow = run.annual["snow_depth_max"]
    rows = [(name, *(number(float(w[k]), 0) for w in water), number(float(snow[k]))) for k, name in enumerate(names)]
    page.table(head, rows)


def finished_years(run: Run) -> np.ndarray:
    """Which years the records cover wholly, (m,); without records all count as whole."""
    if not run.time.size:
        return np.ones(run.years.size, bool)
    of = run.time.astype("datetime64[Y]").astype(np.int64) + 1970
    days = np.array([np.sum(of == year) * run.step / _DAY for year in run.years])
    return days > 364.5


def site_ledger(page: Page, run: Run) -> None:
    """How far the budgets of energy and water are from closing."""
    from lsmcal.figures.closure import closure_by_year

    page.heading("Closure of the budgets")
    page.paragraph(f"The table lists what is not accounted for. With it, heat and water of the soil balance. {ENERGY}")
    leak_section(page, run.annual, run.years)
    terms: dict[str, dict] = {}
    for name, output in LEDGER.items():
        terms.setdefault(output.unit, {})[LEDGER_NAMES.get(name, name)] = run.ledger[name]
    if run.years.size:
        figure = closure_by_year(run.years, terms)
        page.figure(figure, "Budget residuals, one dot per year. Exact zeros are at the left edge.")
    rows = [
        (
            f"{LEDGER_NAMES.get(name, name)}: {output.long_name}",
            f"{_of(np.mean, run.ledger[name]['mean']):.2e}",
            f"{_of(np.max, run.ledger[name]['largest']):.2e}",
            output.unit,
        )
        for name, output in LEDGER.items()
    ]
    page.table(("term", "mean", "largest in a step", "unit"), rows)


def _of(statistic, values: np.ndarray) -> float:
    return float(statistic(values)) if np.size(values) else float("nan")
