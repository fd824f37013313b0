"""A small site on generated weather that several tests share."""

import numpy as np
import pytest

from lsmcal.inputs.station.spec import ForcingSpec
from lsmcal.inputs.synthetic.station_generator import forcing_of
from lsmcal.noah.parameters.options import preset
from lsmcal.noah.parameters.parameters import Surroundings
from lsmcal.noah.parameters.tables import load_tables, with_roots_by_depth
from lsmcal.simulate.column_setup import ColumnSetup
from lsmcal.simulate.site import Site
from lsmcal.simulate.spinup.spinup import SpinUp


@pytest.fixture(scope="session")
def small_site() -> Site:
    """Two years of weather at the margin of permafrost, spun up on the first."""
    forcing = forcing_of(
        ForcingSpec(
            format="generator",
            latitude=33.0,
            longitude=92.0,
            elevation=4900.0,
            years=(2001, 2002),
            seed=3,
            target_step=10800.0,
        )
    )
    setup = ColumnSetup(
        tables=with_roots_by_depth(load_tables("noahtibet", "usgs", "ji2026")),
        choices=preset("ji2026"),
        soil=np.array([9] * 6 + [11] * 6 + [14] * 6),
        vegetation=9,
        around=Surroundings(tbot=272.5),
    )
    return Site(setup, forcing, forcing.between("2001-01-01", "2001-12-31"), spinup=SpinUp(max_cycles=4))
