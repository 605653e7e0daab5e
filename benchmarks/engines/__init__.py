"""Engines that cost nothing or just what they are told to, for benchmarks and drills.

    --engine benchmarks.engines:Instant
    --engine benchmarks.engines:Paced --engine-parameters '{"seconds": 1.0, "log": "calls.jsonl"}'

They take the sticker off the pictures of ``python -m benchmarks.catalog --kind tiny``, a real edit that
passes every check.
"""

from benchmarks.engines.instant import Instant
from benchmarks.engines.paced import Paced

__all__ = ["Instant", "Paced"]
