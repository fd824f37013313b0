"""What a region is made of, and how warm its air and its ground are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lsmcal.core.words import counted
from lsmcal.figures.region_maps import Panel, region_maps, shared_limits
from lsmcal.figures.region_years import ground_classes
from lsmcal.figures.style import KELVIN
from lsmcal.noah.runtime.grid import bottom_depths
from lsmcal.report.page import Page
from lsmcal.report.region_results import DEEP, NEAR, RegionResults

Show = Callable[[str, object, str], None]
_COLD_WARM = "RdBu_r"


def span(period: tuple[int, int]) -> str:
    """Years in words."""
    return f"{period[0]}" if period[0] == period[1] else f"{period[0]}–{period[1]}"


def ground(page: Page, results: RegionResults, show: Show) -> None:
    """Cells, elevation, soil and vegetation."""
    region = results.region
    domain, area = region.domain, results.area
    page.heading("Ground")
    height = domain.elevation
    page.paragraph(
        f"The region has {counted(len(domain), 'cell', ',')} that cover {area.sum():,.0f} km², {area.min():,.0f} to "
        f"{area.max():,.0f} km² each. They lie between {height.min():.0f} and {height.max():.0f} m, on average at "
        f"{results.mean(height):.0f} m."
    )
    page.paragraph(
        f"Each has {region.thickness.size} layers to {region.thickness.sum():g} m, and a bottom temperature of "
        f"{domain.tbot.min() - KELVIN:.1f} to {domain.tbot.max() - KELVIN:.1f} °C at {region.around.zbot:g} m. "
        f"Vegetation is dense on {100.0 * area[domain.dense].sum() / area.sum():.0f} % of the area."
    )
    rain = results.water["precipitation"].mean(axis=0, dtype=float)
    panels = [
        Panel("elevation", height, "elevation [m]", colours="YlOrBr"),
        Panel("precipitation", rain, "precipitation [mm per year]", colours="GnBu"),
    ]
    caption = f"Elevation, and mean precipitation in {span((results.years[0], results.years[-1]))}."
    if len(domain) < domain.grid.longitude.size * domain.grid.latitude.size:
        caption += " Cells outside the region are grey."
    show("ground", region_maps(results.raster, panels), caption)
    soil = shares(domain.soil, region.tables.soil.classes, area)
    plants = {
        name: float(share[0])
        for name, share in shares(domain.vegetation[:, None], region.tables.vegetation.classes, area).items()
    }
    top = max(soil, key=lambda name: soil[name][0])
    most = max(plants, key=lambda name: plants[name])
    caption = (
        f"Area of soil classes by depth, and of vegetation classes. Most frequent are {top} at the surface "
        f"({soil[top][0]:.0f} %) and {most} ({plants[most]:.0f} %)."
    )
    show("classes", ground_classes(bottom_depths(region.thickness), soil, plants), caption)


def shares(classes: np.ndarray, names, area: np.ndarray) -> dict[str, np.ndarray]:
    """Share of the area of each class in each layer [%], the most frequent class first.

    Parameters
    ----------
    classes : (n, nz) array of int
        From 1.
    names : sequence of str
    area : (n,) array

    Returns
    -------
    dict of str to (nz,) array
    """
    found = {names[code - 1]: 100.0 * (area @ (classes == code)) / area.sum() for code in np.unique(classes)}
    return dict(sorted(found.items(), key=lambda item: -item[1].sum()))


def temperature(page: Page, results: RegionResults, show: Show) -> None:
    """Air and soil, in the last period and compared with the first."""
    page.heading("Temperature")
    periods = results.periods
    last = periods[-1]
    air = results.air_temperature(last)
    near, deep = (results.soil_temperature(depth, last) for depth in (NEAR, DEEP))
    at = [f"{results.region.depth[results.layer(depth)]:.2g} m" for depth in (NEAR, DEEP)]
    page.paragraph(
        f"The mean air temperature of {span(last)} is {results.mean(air) - KELVIN:.2f} °C over the region and between "
        f"{air.min() - KELVIN:.1f} and {air.max() - KELVIN:.1f} °C in the cells. The ground at {at[0]} is "
        f"{results.mean(near - air):.2f} K warmer than the air. At {at[1]} its mean temperature is "
        f"{results.mean(deep) - KELVIN:.2f} °C."
    )
    panels = [
        _celsius(f"air, {span(last)}", air),
        _celsius(f"ground at {at[0]}, {span(last)}", near),
        _celsius(f"ground at {at[1]}, {span(last)}", deep),
    ]
    panels.append(Panel(f"ground at {at[0]} above air", near - air, "difference [K]", colours="YlOrRd"))
    caption = "Mean annual temperature of air and ground; white is 0 °C. The first two maps share a colour scale."
    limits = shared_limits(*(panel.values for panel in panels[:2]))
    panels[:2] = [replace(panel, limits=limits) for panel in panels[:2]]
    show("temperature", region_maps(results.raster, panels), caption)
    if len(periods) > 1:
        _warming(page, results, show, at)


def _celsius(title: str, kelvin: np.ndarray) -> Panel:
    return Panel(title, kelvin - KELVIN, "temperature [°C]", "zero", _COLD_WARM)


def _warming(page: Page, results: RegionResults, show: Show, at: list[str]) -> None:
    first, last = results.periods
    changes = [results.soil_temperature(d, last) - results.soil_temperature(d, first) for d in (NEAR, DEEP)]
    limits = shared_limits(*changes)
    panels = [
        Panel(f"ground at {name}", change, "change [K]", "zero", _COLD_WARM, limits)
        for name, change in zip(at, changes, strict=True)
    ]
    page.paragraph(
        f"From {span(first)} to {span(last)} ground temperature changed by "
        f"{results.mean(changes[0]):+.2f} K at {at[0]} and by {results.mean(changes[1]):+.2f} K at {at[1]}."
    )
    show("warming", region_maps(results.raster, panels), f"Change of the mean from {span(first)} to {span(last)}.")
