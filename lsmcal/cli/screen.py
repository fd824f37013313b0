"""``lsmcal screen``: the sensitive parameters of a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsmcal.cli.options import AsJson, CasePath, Data, Parameters, Quiet, Sets, at_work, load_region
from lsmcal.cli.written import FilesBefore, say

if TYPE_CHECKING:
    from lsmcal.screening.output import Screened


def screen(
    case: CasePath,
    as_json: AsJson = False,
    sets: Sets = None,
    parameters: Parameters = None,
    data: Data = None,
    quiet: Quiet = False,
) -> None:
    """Find the sensitive parameters with STAR-VARS at selected cells.

    Runs every parameter set of the sample at each cell of [screen]. Ranks the parameters for each response by IVARS-50,
    and selects those with the best ranks. Writes the runs, the ranking, the selected names for `calibrate`, and figures
    into output/screening.

    `mpiexec -n 16 lsmcal screen CASE` uses 16 processes. If it is stopped, the same command resumes.

    Example:

        lsmcal screen cases/screen-plateau
    """
    from lsmcal.core.errors import Problems
    from lsmcal.screening.stage import screen_case

    loaded, problems = load_region(case, sets, parameters, data), Problems()
    if loaded.screen is None:
        expected = "[screen] with at least the key cells"
        problems.add("section is missing", source=loaded.source, variable="screen", expected=expected)
    problems.raise_if_any()
    before = FilesBefore(loaded.output_folder)
    with at_work(loaded, quiet, "screen") as progress:
        screened = screen_case(loaded, progress)
    if screened is not None:
        _show(screened, as_json, before)


def _show(screened: Screened, as_json: bool, before: FilesBefore) -> None:
    from lsmcal.cli.tables import show_json, table

    if as_json:
        show_json(screened.as_dict())
        return
    ranking = screened.ranking
    others = [count for count in ranking.scores if count != ranking.count]
    headers = [
        "parameter",
        "rank",
        f"best {ranking.count} of {ranking.ranks.shape[0]}",
        *(f"best {count}" for count in others),
        "best rank",
        "chosen",
    ]
    table(headers, [_row(ranking, k, others) for k in ranking.order])
    for line in screened.notes:
        say(line)
    before.show(screened.paths, err=True)


def _row(ranking, k: int, others: list[int]) -> list[object]:
    scores = [int(ranking.scores[count][k]) for count in (ranking.count, *others)]
    chosen = "*" if ranking.names[k] in ranking.chosen else ""
    return [ranking.names[k], int(ranking.place[k]), *scores, int(ranking.ranks[:, k].min()), chosen]
