"""The case file: every key, its default and its check, in one place (:mod:`lsmcal.case.sections`)."""

from lsmcal.case.column import Column, column_of
from lsmcal.case.core import Case
from lsmcal.case.fingerprint import fingerprint, relevant
from lsmcal.case.load import case_of, load_case, read_case
from lsmcal.core.differences import differences

__all__ = [
    "Case",
    "Column",
    "case_of",
    "column_of",
    "differences",
    "fingerprint",
    "load_case",
    "read_case",
    "relevant",
]
