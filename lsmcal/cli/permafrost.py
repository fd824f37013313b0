"""``lsmcal permafrost``: class, active layer and taliks from files of soil temperature."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lsmcal.cli.options import AsJson
from lsmcal.cli.written import say


def permafrost(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="NetCDF files of soil temperature.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the maps of all years to this NetCDF file."),
    ] = None,
    variable: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Soil temperature variable. Repeat for one variable per layer, from the top."
        ),
    ] = None,
    maximum: Annotated[str, typer.Option(metavar="NAME", help="Variable of annual maxima; needs --minimum.")] = "",
    minimum: Annotated[str, typer.Option(metavar="NAME", help="Variable of annual minima; needs --maximum.")] = "",
    depth: Annotated[str, typer.Option(metavar="NAME", help="Variable of the layer depths.")] = "",
    depths: Annotated[str, typer.Option(metavar="M,M,...", help="Layer depths [m], in the order of the file.")] = "",
    unit: Annotated[str, typer.Option(metavar="UNIT", help="Unit of the temperature: K, degC or degF.")] = "",
    depth_unit: Annotated[str, typer.Option(metavar="UNIT", help="Unit of the depths: m, cm, mm or inch.")] = "",
    as_json: AsJson = False,
) -> None:
    """Classify permafrost from any file of soil temperature.

    A cell has permafrost if some layer stays at or below 0 degC through a year and the one before. Otherwise it is
    seasonally frozen or unfrozen. Active layer thickness is the greatest thaw depth of the year.

    Reads the output of a site, a region or another model: monthly or shorter steps, or annual extremes. Give names,
    units and depths only where the files lack them.

    Example:

        lsmcal run cases/demo-site
        lsmcal permafrost cases/demo-site/output/run.nc -o permafrost.nc
    """
    from lsmcal.cli.tables import show_json
    from lsmcal.permafrost import SoilNames, permafrost_of_file, write_permafrost

    named = tuple(variable or ())
    names = SoilNames(
        temperature=named[0] if len(named) == 1 else named,
        maximum=maximum,
        minimum=minimum,
        depth=depth,
        depths=_numbers(depths),
        unit=unit,
        depth_unit=depth_unit,
    )
    found = permafrost_of_file(files, names)
    if output is not None:
        write_permafrost(found, output)
    if as_json:
        show_json({"depth": found.depth, **found.attributes, "years": found.by_year()})
    else:
        _show(found)
        if output is not None:
            say(f"wrote {output}")


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a list of depths such as 0.05,0.2,1") from None


def _show(found) -> None:
    """A table by year; of a single place its class, of many the number and area of places in each class."""
    from lsmcal.cli.tables import show_pairs, table
    from lsmcal.permafrost import CLASS_NAMES

    if found.classes.shape[1:] in ((), (1,)):
        columns = (found.classes, found.active_layer, found.closed_talik, found.thawed_through)
        rows = [
            (str(year), CLASS_NAMES[int(kind)].replace("_", " "), float(depth), _yes(talik), _yes(through))
            for year, kind, depth, talik, through in zip(found.years, *map(_flat, columns), strict=True)
        ]
        table(("year", "class", "active layer [m]", "closed talik", "thawed through"), rows, left=2)
    else:
        _show_places(found.by_year())
    show_pairs(
        [
            (
                "read",
                f"{found.attributes['soil_temperature_variables']}, {found.attributes['soil_temperature_records']}",
            ),
            ("layers", f"{found.depth.size}, {found.depth[0]:.3g} to {found.depth[-1]:.3g} m"),
        ]
    )


def _flat(values):
    return values.reshape(-1).tolist()


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _show_places(years: list[dict]) -> None:
    from lsmcal.cli.tables import table

    kinds = list(years[0]["places"])
    area = years[0]["area"] is not None
    heads = [kind.replace("_", " ") for kind in kinds]
    extra = ["permafrost [1000 km2]"] if area else []
    rows = [
        (
            str(year["year"]),
            *year["places"].values(),
            *([year["area"]["permafrost"] / 1e9] if area else []),
            year["active_layer"],
            year["closed_talik"],
            year["thawed_through"],
        )
        for year in years
    ]
    table(("year", *heads, *extra, "active layer [m]", "closed talik", "thawed through"), rows)
