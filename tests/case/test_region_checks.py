"""What the sections of a region and of its calibration say when they do not fit together."""

import pytest

from lsmcal.case.load import case_of
from lsmcal.core.errors import InputError

PLATEAU = {
    "region": {"source": "plateau", "cells": 50},
    "spinup": {"years": [1979, 1979]},
    "run": {"years": [1979, 1981]},
}
FILES = PLATEAU | {
    "region": {"source": "file", "file": "domain.nc"},
    "forcing": {"format": "packed", "folder": "packed"},
}
MAP = {
    "target": {"source": "twin", "year": 1981, "hidden": {"SBETA": -1.2}},
    "calibrate": {"parameters": ["SBETA"], "goals": [{"kind": "map"}]},
}


def changed(case: dict, **sections: dict) -> dict:
    """The case with keys of its sections changed."""
    return {
        **case,
        **{name: {**case.get(name, {}), **keys} for name, keys in sections.items()},
    }


@pytest.mark.parametrize(
    "case, said",
    [
        (changed(PLATEAU, region={"source": "file"}, forcing={"format": "packed", "folder": "a"}), "region.file"),
        (
            changed(PLATEAU, region={"source": "climatology"}, forcing={"format": "plateau"}),
            "does not match region.source",
        ),
        (changed(PLATEAU, forcing={"format": "climatology", "file": "a.nc"}), "does not match region.source"),
        (changed(FILES, forcing={"format": "plateau"}), "generates forcing only for its own cells"),
        (
            changed(PLATEAU, region={"source": "climatology"}, forcing={"format": "climatology"}),
            "elevation and monthly climate",
        ),
        (changed(PLATEAU, spinup={"start": "1979-01-01"}), "spinup.start: is not used for a region"),
        (changed(PLATEAU, run={"years": [1981, 1979]}), "has its first year after its last"),
        (changed(PLATEAU, run={"series": "daily"}), r"run.cells: key is missing"),
        (changed(PLATEAU, run={"cells": [[90.0, 33.0]]}), "run.series: key is missing"),
        (changed(PLATEAU, run={"series": "daily", "cells": [[33.0, 91.0]]}), "is not a longitude and latitude"),
        (changed(PLATEAU, domain={"resolution": 0.1}), "is not used for synthetic cells"),
    ],
)
def test_a_region_whose_sections_do_not_fit(case, said):
    with pytest.raises(InputError, match=said):
        case_of(case)


@pytest.mark.parametrize(
    "sections, said",
    [
        ({"target": {"source": "map", "hidden": {}}}, "target.file: key is missing"),
        ({"target": {"file": "map.nc"}}, 'is not used by source = "twin"'),
        ({"target": {"permafrost": [1, 2], "absent": [2]}}, "share class codes"),
        ({"target": {"hidden": {}}}, "target.hidden: key is missing"),
        ({"target": {"source": "map", "file": "map.nc"}}, 'is only used by source = "twin"'),
        ({"target": {"year": 1979}}, "the one before lies outside"),
        ({"calibrate": {"goals": [{"kind": "map"}, {"kind": "map"}]}}, r"goals\[2\]: repeats a goal"),
        ({"calibrate": {"combine": "pareto"}}, "needs several goals"),
        ({"calibrate": {"spinup": {"min_cycles": 5, "max_cycles": 3}}}, "is above max_cycles"),
    ],
)
def test_a_calibration_whose_sections_do_not_fit(sections, said):
    case_of(PLATEAU | MAP)
    with pytest.raises(InputError, match=said):
        case_of(changed(PLATEAU | MAP, **sections))
