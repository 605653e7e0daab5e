"""What the benchmarks of whole runs share: the work to do, and what a process and its children use for it."""

from benchmarks.measuring.usage import Usage, Watch, measured
from benchmarks.measuring.work import Work, add_work_options, work_of

__all__ = ["Usage", "Watch", "Work", "add_work_options", "measured", "work_of"]
