"""The page of a site, from what lies in its output folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lsmcal import __version__
from lsmcal.case.changes import changes_in_words
from lsmcal.core.text import parsed_json
from lsmcal.core.words import counted
from lsmcal.evaluation.scores import LIMITS
from lsmcal.report import fit, ground
from lsmcal.report.page import Page, options_text
from lsmcal.search.history import History, HistoryError, fingerprint_changes, load_history
from lsmcal.simulate.output.read import read_run
from lsmcal.simulate.results import Run


def site_page(page: Page, case) -> None:
    """Put the results of a site on its page; what has not been made yet is left out, with the command that makes it.

    Parameters
    ----------
    page : Page
    case : Case
    """
    folder = Path(case.output_folder)
    run = read_run(folder / "run.nc") if (folder / "run.nc").is_file() else None
    _results(page, case, run, folder / "calibration")
    _again(page, case)


def _results(page: Page, case, run: Run | None, folder: Path) -> None:
    evaluation = _read_json(folder / "evaluation.json")
    if evaluation is not None:
        fit.site_summary(page, evaluation)
    ground.site(page, case, run)
    if run is None:
        page.heading("Run")
        page.note("There is no run yet. Start it with lsmcal run.")
    else:
        ground.weather(page, run)
        _outdated_run(page, case, run)
        ground.results(page, run)
    _calibration(page, case, evaluation, folder)
    if run is not None:
        ground.site_ledger(page, run)


def _calibration(page: Page, case, evaluation: dict | None, folder: Path) -> None:
    page.heading("Search")
    history = _history(page, folder / "history.jsonl")
    if case.observations is None and history is None:
        page.note("The case has no observations, so it cannot be calibrated.")
        return
    if evaluation is None:
        state = (
            f"The calibration is unfinished, after {counted(len(history), 'evaluation')}"
            if history
            else "There is no calibration yet"
        )
        page.note(f"{state}. {'Resume' if history else 'Start'} it with lsmcal calibrate.")
    if history is not None and len(history):
        _outdated_search(page, case, history, evaluation)
        ensemble = _read_json(folder / "ensemble.json") if evaluation is not None else None
        fit.show_search(page, history, ensemble or {}, _truth(case))
    if evaluation is not None:
        fit.observations(page, evaluation, folder / "series.nc")


def _truth(case) -> dict[str, float]:
    """What a twin's observations were made with; empty for real ones."""
    seen = case.observations
    return dict(seen.hidden) if seen is not None and seen.format == "twin" else {}


def _outdated_run(page: Page, case, run: Run) -> None:
    made = run.attributes.get("fingerprint")
    if made and made != case.fingerprint("run"):
        page.note("The case has changed since this run. Repeat it with lsmcal run.")


def _outdated_search(page: Page, case, history: History, evaluation: dict | None) -> None:
    header: dict[str, Any] = history.header
    before = header["fingerprint"].get("case") or {}
    now = json.loads(json.dumps(case.fingerprint_of("calibrate")))
    changes = fingerprint_changes(before, now) if before else []
    changed = changes_in_words((f"case.{key}", old, new) for key, old, new in changes)
    if changed:
        page.note(f"The case has changed since this search: {'; '.join(changed[:5])}.")
    done = (evaluation or {}).get("search", {}).get("evaluations", len(history))
    if done != len(history):
        page.note(f"The scores are those after {counted(done, 'evaluation')}. The search now has {len(history)}.")


def _read_json(path: Path) -> dict | None:
    return parsed_json(path.read_text(encoding="utf-8")) if path.is_file() else None


def _history(page: Page, path: Path) -> History | None:
    """None where there is none, or none that can be read: then the page says why."""
    if not path.is_file() or not path.stat().st_size:
        return None
    try:
        return load_history(path, LIMITS)
    except HistoryError as error:
        page.note(f"The search history cannot be read: {error}.")
        return None


def _again(page: Page, case) -> None:
    page.heading("Reproduction")
    data = " --data FOLDER" if case.forcing.file else ""
    verbs = ("run", "calibrate", "report") if case.observations is not None else ("run", "report")
    page.code("\n".join(f"lsmcal {verb} {case.file.name}{options_text(case)}{data}" for verb in verbs))
    if data:
        page.paragraph("FOLDER contains the forcing and observations.")
    page.paragraph(f"lsmcal {__version__}; fingerprint of the run {case.fingerprint('run')[:16]}.")
    page.folded("The case with all defaults filled in", case.resolved_text())
