"""The records of a run in the workspace: plan, results, decisions, report."""

from localizer.runs.run import Run, path_segment

__all__ = ["Run", "path_segment"]
