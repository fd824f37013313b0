"""One self-contained HTML page of a site case: what was done, how well it fits, and how to do it again."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import numpy as np

from lsmcal import __version__
from lsmcal.calibration.history import History, load
from lsmcal.simulate.read_output import read_run, read_series
from lsmcal.simulate.run import LEDGER, Run

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.8rem; margin-bottom: 0; }
h2 { font-size: 1.25rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc; }
.lead { color: #444; } table { border-collapse: collapse; font-size: 0.88rem; margin: 0.6rem 0; }
th, td { padding: 0.2rem 0.7rem; text-align: right; border-bottom: 1px solid #e4e4e4; }
th:first-child, td:first-child { text-align: left; } th { background: #f5f5f5; font-weight: 600; }
figure { margin: 1rem 0; } figure img { max-width: 100%; } figcaption { color: #555; font-size: 0.88rem; }
code, pre { background: #f5f5f5; font-size: 0.88rem; } pre { padding: 0.7rem; overflow-x: auto; }
.note { background: #fff7e0; padding: 0.5rem 0.8rem; }
@media print { body { max-width: none; } h2 { break-after: avoid; } }
"""
_OTHER = {
    "soil_moisture_liquid": ("Soil moisture (liquid)", "liquid water [m³ m⁻³]", 0.0),
    "snow_depth": ("Snow depth", "snow depth [m]", 0.0),
    "skin_temperature": ("Surface temperature", "temperature [°C]", 273.15),
    "soil_temperature": ("Soil temperature", "temperature [°C]", 273.15),
}


@dataclass
class Page:
    """The parts of the page, in order."""

    parts: list[str] = field(default_factory=list)

    def heading(self, text: str) -> None:
        self.parts.append(f"<h2>{escape(text)}</h2>")

    def paragraph(self, text: str, kind: str = "") -> None:
        self.parts.append(f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>")

    def code(self, text: str) -> None:
        self.parts.append(f"<pre>{escape(text)}</pre>")

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        cells = "".join(f"<th>{escape(str(cell))}</th>" for cell in head)
        body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
        self.parts.append(f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>")

    def figure(self, figure, caption: str) -> None:
        from lsmcal.figures.style import to_png

        data = base64.b64encode(to_png(figure)).decode()
        image = f'<img alt="{escape(caption, quote=True)}" src="data:image/png;base64,{data}">'
        self.parts.append(f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>")

    def html(self, title: str) -> str:
        head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
        return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(self.parts)}</body></html>\n'


def write_report(case, out: str | os.PathLike | None = None) -> Path:
    """Write the page of a case from what lies in its output folder.

    Parameters
    ----------
    case : Case
    out : path, optional
        Default ``<output>/report.html``.

    Returns
    -------
    Path
    """
    folder = Path(case.output_folder)
    page = Page()
    run = read_run(folder / "run.nc") if (folder / "run.nc").is_file() else None
    evaluation = _read_json(folder / "calibration" / "evaluation.json")
    _summary(page, case, run, evaluation)
    _site(page, case, run)
    if run is None:
        page.heading("The run")
        page.paragraph("There is no run yet: lsmcal run makes it.", "note")
    else:
        _run(page, run)
    if evaluation is None:
        page.heading("The calibration")
        page.paragraph("There is no finished calibration yet: lsmcal calibrate makes it.", "note")
    else:
        _calibration(page, case, evaluation, folder / "calibration")
    if run is not None:
        _ledger(page, run)
    _again(page, case)
    path = Path(out) if out else folder / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(page.html(case.title), encoding="utf-8")
    os.replace(temporary, path)
    return path


def _read_json(path: Path) -> dict | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _number(value, digits: int = 2) -> str:
    return "–" if value is None or not np.isfinite(value) else f"{value:.{digits}f}"


def _short(value: float) -> str:
    return f"{value:.4g}"


def _summary(page: Page, case, run: Run | None, evaluation: dict | None) -> None:
    page.parts.append(f"<h1>{escape(case.title)}</h1>")
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    page.paragraph(f"{case.about.description.strip()} Made by lsmcal {__version__}, {made}.".strip(), "lead")
    if evaluation is None:
        return
    found, scores = evaluation["search"], evaluation["scores"]
    text = (
        f"{found['evaluations']} evaluations with {found['engine']} took the mean {found['objective'].upper()} of the "
        f"calibration period from {_number(found['default'], 3)} (default set) to {_number(found['best'], 3)}."
    )
    if "validation" in scores["default"]:
        before, after = (scores[name]["validation"]["mean_nse"] for name in ("default", "calibrated"))
        text += f" In the validation period the mean NSE went from {_number(before, 3)} to {_number(after, 3)}."
    text += f" The model took {found['model_seconds']:.1f} s, the optimiser {found['optimiser_seconds']:.1f} s."
    if found["failed"]:
        text += f" {found['failed']} evaluations failed."
    page.paragraph(text)


def _site(page: Page, case, run: Run | None) -> None:
    site = case.site
    page.heading("Site and model")
    north, east = site.latitude, site.longitude
    soil = site.soil
    if isinstance(soil, list):
        soil = ", ".join(f"{s.soil} to {s.to_depth:g} m" if hasattr(s, "to_depth") else str(s) for s in soil)
    rows = [
        ("place", f"{abs(north):g}° {'N' if north >= 0 else 'S'}, {abs(east):g}° {'E' if east >= 0 else 'W'}"),
        ("elevation", "–" if site.elevation is None else f"{site.elevation:g} m"),
        ("vegetation", site.vegetation),
        ("soil", soil),
        ("temperature at the lower boundary", f"{site.tbot} K at {site.zbot:g} m"),
        ("layers", f"{len(case.grid.thickness)}, to {sum(case.grid.thickness):g} m"),
        ("model", case.model.preset),
        ("forcing", case.forcing.file or f"generated weather, seed {case.forcing.seed}"),
    ]
    if run is not None:
        kept = {name: value for name, value in run.attributes.items() if name.startswith(("forcing_", "spinup_"))}
        rows += [(name.replace("_", " "), f"{v:.3g}" if isinstance(v, float) else v) for name, v in kept.items()]
    page.table(("", ""), rows)


def _run(page: Page, run: Run) -> None:
    from lsmcal.figures.profile import yearly_range
    from lsmcal.figures.series import temperature_through_time

    page.heading("The run with the case's own parameters")
    if "soil_temperature" in run.variables:
        figure = temperature_through_time(run.time, run.depth, run.variables["soil_temperature"])
        page.figure(figure, "Soil temperature through time; the black line is 0 °C.")
    year = int(np.argmax(np.isfinite(run.annual["temperature_mean"][:, 0]) * np.arange(1, run.years.size + 1)))
    annual = (run.annual[f"temperature_{name}"][year] for name in ("min", "mean", "max"))
    caption = "Lowest, mean and highest temperature of the last year, by depth."
    page.figure(yearly_range(run.depth, *annual, year=int(run.years[year])), caption)
    names = ("precipitation", "evaporation", "runoff", "snow_depth_max")
    head = ("year", "precipitation [mm]", "evaporation [mm]", "runoff [mm]", "deepest snow [m]")
    rows = [
        (int(y), *(_number(float(run.annual[name][k]), 2 if name == "snow_depth_max" else 0) for name in names))
        for k, y in enumerate(run.years)
    ]
    page.table(head, rows)


def _calibration(page: Page, case, evaluation: dict, folder: Path) -> None:
    from lsmcal.figures.scores import scores_by_depth
    from lsmcal.figures.search import search_trajectory
    from lsmcal.figures.series import series_by_depth

    history, ensemble = load(folder / "history.jsonl"), _read_json(folder / "ensemble.json") or {}
    page.heading("The search")
    threshold = ensemble.get("threshold")
    objective = evaluation["search"]["objective"]
    label = f"mean {objective.upper() if objective != 'skill' else 'skill'}"
    trajectory = search_trajectory(history.objectives, history.maximise, label, threshold)
    page.figure(trajectory, "Every evaluation, the best so far and the level of the default set.")
    _parameters(page, history, ensemble)
    page.heading("Fit to the observations")
    kind = evaluation["kind"]
    _, quantity, offset = _OTHER[kind]
    series = read_series(folder / "series.nc")
    lines = {name: series[name] for name in ("observed", "default", "calibrated")}
    figure = series_by_depth(
        series["time"],
        series["depth"],
        lines,
        quantity,
        offset=offset,
        zero_line=offset > 0,
        periods=evaluation["periods"],
    )
    page.figure(figure, "Daily observations and model; the calibration period is shaded.")
    if "nse" in evaluation["scores"]["default"].get("calibration", {}):
        page.figure(scores_by_depth(evaluation["depths"], evaluation["scores"]), "Scores by depth.")
    _scores(page, evaluation)
    for name, other in evaluation.get("other", {}).items():
        title, quantity, offset = _OTHER[name]
        page.heading(f"{title} (not searched for)")
        series = read_series(folder / "series.nc", name)
        lines = {key: series[key] for key in ("observed", "default", "calibrated")}
        figure = series_by_depth(series["time"], series["depth"], lines, quantity, offset=offset)
        page.figure(figure, f"{title}: observed and model.")
        _scores(page, other)


def _parameters(page: Page, history: History, ensemble: dict) -> None:
    from lsmcal.figures.search import parameters_in_range

    default, best = history.records[0], history.best
    names = list(best.parameters)
    near = [history.records[member["trial"]].x for member in ensemble.get("members", [])]
    figure = parameters_in_range(names, np.array(best.x), np.array(default.x), np.array(near).reshape(-1, len(names)))
    page.figure(figure, "Where the parameters ended in their ranges; the bar spans the members of the ensemble.")
    rows = [(name, _short(default.parameters[name]), _short(best.parameters[name])) for name in names]
    page.table(("parameter", "default", "best"), rows)
    if ensemble.get("note"):
        page.paragraph(ensemble["note"], "note")


def _scores(page: Page, evaluation: dict) -> None:
    for period in ("calibration", "validation"):
        if period not in evaluation["scores"]["default"]:
            continue
        before, after = (evaluation["scores"][name][period] for name in ("default", "calibrated"))
        head = ("depth [m]", "NSE default", "NSE calibrated", "NSE of climatology", "skill default", "skill calibrated",
                "RMSE default", "RMSE calibrated", "bias calibrated", "days")  # fmt: skip
        rows = []
        for k, depth in enumerate(evaluation["depths"]):
            columns = (before["nse"], after["nse"], before["nse_climatology"], before["skill"], after["skill"],
                       before["rmse"], after["rmse"], after["mbe"])  # fmt: skip
            rows.append((f"{depth:g}", *(_number(column[k]) for column in columns), before["pairs"][k]))
        page.paragraph(f"{period.capitalize()} period:")
        page.table(head, rows)


def _ledger(page: Page, run: Run) -> None:
    page.heading("Closure of the budgets")
    page.paragraph(
        "The residuals of the soil's heat and of the water budget are rounding. The surface balance is linear in the "
        "surface temperature, which leaves a few watts; the flux over snow is not updated by the heat step."
    )
    rows = [
        (
            output.long_name,
            f"{np.mean(run.ledger[name]['mean']):.2e}",
            f"{np.max(run.ledger[name]['largest']):.2e}",
            output.unit,
        )
        for name, output in LEDGER.items()
    ]
    page.table(("term", "mean", "largest in a step", "unit"), rows)


def _again(page: Page, case) -> None:
    page.heading("How to do it again")
    commands = [f"lsmcal {verb} {case.file}" for verb in ("run", "calibrate", "report")]
    page.code("\n".join(commands))
    page.paragraph(f"lsmcal {__version__}; fingerprint of the run {case.fingerprint('run')[:16]}.")
