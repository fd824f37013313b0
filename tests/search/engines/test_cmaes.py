"""CMA-ES: whole generations, and new points to its narrow end."""

from lsmcal.search.engines import make
from tests.search.engines.following import assert_new_lattice_points, follow


def test_cmaes_generations_are_whole_batches_and_its_narrow_end_still_finds_new_points():
    assert make("cmaes", 12, batch=4).population == 12
    assert make("cmaes", 12, batch=8).population == 16
    told = follow(make("cmaes", 2, seed=1, batch=6, sigma=0.002), 12)
    assert_new_lattice_points(told)
    assert told.losses.min() < 0.02 < 0.1 < told.losses[:7].min()
