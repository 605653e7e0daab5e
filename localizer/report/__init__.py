"""The report of a run: one HTML file that needs nothing else, and a table of all results beside it."""

from localizer.report.page import render_report
from localizer.report.saving import save_report
from localizer.report.table import ResultTable

__all__ = ["ResultTable", "render_report", "save_report"]
