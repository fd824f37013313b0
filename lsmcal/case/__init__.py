"""The case file: every key, its default and its check, in one place (:mod:`lsmcal.case.sections.site`)."""

from lsmcal.case.column import Column, column_of
from lsmcal.case.core import Case
from lsmcal.case.fingerprint import fingerprint, relevant
from lsmcal.case.load import case_of, load_case, read_case
from lsmcal.case.regional import RegionCase
from lsmcal.core.differences import differences

__all__ = [
    "Case",
    "Column",
    "RegionCase",
    "case_of",
    "column_of",
    "differences",
    "fingerprint",
    "load_case",
    "read_case",
    "relevant",
]
