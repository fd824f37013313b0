"""A case is of a site or of a region."""

import pytest

from lsmcal.case import load_case
from lsmcal.core.errors import InputError


def test_a_case_without_a_kind_and_one_of_both_kinds(tmp_path):
    (tmp_path / "case.toml").write_text("")
    with pytest.raises(InputError, match=r"site: section is missing; expected \[site\] for one column, or \[region\]"):
        load_case(tmp_path)
    (tmp_path / "case.toml").write_text('[site]\nlatitude = 1.0\n[region]\nsource = "plateau"\n')
    with pytest.raises(InputError, match=r"1 problem.*\n.*site: does not go with \[region\]"):
        load_case(tmp_path)
