"""Show how far a run is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from localizer.model import JobResult

_EVERY_S = 10.0


class Progress:
    """Counts results as they come and shows them on stderr.

    Args:
        total: number of jobs.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.counts: Counter[str] = Counter()
        self._bar: Any = None
        self._shown_at = time.monotonic()

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and self.total:
            from tqdm import tqdm

            self._bar = tqdm(total=self.total, unit="image", file=sys.stderr, dynamic_ncols=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def add(self, result: JobResult) -> None:
        """Count one result."""
        self.counts[result.status.value] += 1
        if self._bar is not None:
            self._bar.set_postfix_str(self._words(), refresh=False)
            self._bar.update()
        elif time.monotonic() - self._shown_at >= _EVERY_S:
            self._shown_at = time.monotonic()
            sys.stderr.write(f"{self.counts.total()} of {self.total} images: {self._words()}\n")
            sys.stderr.flush()

    def _words(self) -> str:
        return ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in self.counts.items())
