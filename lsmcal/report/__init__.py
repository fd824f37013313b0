"""One self-contained HTML page of a case: what was done, how well it fits, and how to do it again."""

from lsmcal.report.write import write_report

__all__ = ["write_report"]
