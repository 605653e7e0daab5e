"""The report of a run: one HTML file that needs nothing else."""

from localizer.report.page import render_report

__all__ = ["render_report"]
