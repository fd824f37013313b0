"""Numbers with their nouns."""

import numpy as np

from lsmcal.core.words import agreeing, counted


def test_one_is_singular_and_all_others_plural():
    assert [counted(number, "cell") for number in (0, 1, 2)] == ["0 cells", "1 cell", "2 cells"]
    assert counted(np.int64(1), "layer") == "1 layer" and counted(25000, "cell", ",") == "25,000 cells"
    assert [agreeing(number, "is", "are") for number in (0, 1, 2)] == ["are", "is", "are"]
