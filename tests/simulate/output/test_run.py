"""The run file: CF, whole, readable by xarray, a start for the next run."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from lsmcal.simulate.output.run import read_state, write_run


def test_a_run_file_opens_in_xarray_with_units_and_coordinates(small_site, tmp_path):
    xarray = __import__("pytest").importorskip("xarray")
    run = small_site.run()
    path = write_run(run, tmp_path / "new" / "run.nc")
    with xarray.open_dataset(path) as data:
        assert data.attrs["Conventions"] == "CF-1.11"
        assert data.soil_temperature.attrs["units"] == "K"
        assert data.soil_temperature.attrs["cell_methods"] == "time: mean"
        assert data.time.values[0] == np.datetime64("2001-01-01")
        assert_allclose(data.depth.values, run.depth)
        assert_allclose(data.soil_temperature.values, run.variables["soil_temperature"], atol=1e-4)
        assert_allclose(data.annual_temperature_max.values, run.annual["temperature_max"])
        for name in data.data_vars:
            assert "units" in data[name].attrs or name.endswith("bounds"), name
    assert [file.name for file in path.parent.iterdir()] == ["run.nc"]


def test_the_state_in_a_run_file_is_that_of_the_run(small_site, tmp_path):
    run = small_site.run()
    state, thickness = read_state(write_run(run, tmp_path / "run.nc"))
    assert_array_equal(thickness, run.thickness)
    for name, values in run.state.items():
        assert_array_equal(state[name], values, err_msg=name)
