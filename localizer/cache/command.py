"""The ``cache`` command: show the result cache of a workspace, and evict from it."""

from __future__ import annotations

import argparse
import os
import re
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from localizer.cache.eviction import KEEP_OPEN, Cache, CacheState, Share
from localizer.errors import InputError
from localizer.workspace import Workspace

BUDGET_VARIABLE = "LOCALIZER_CACHE_BUDGET"

_UNITS = {"": 1, "K": 1, "M": 2, "G": 3, "T": 4}
_SIZE = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[KMGT]?)(?P<binary>i?)B?", re.IGNORECASE)
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}
_AGE = re.compile(r"(?P<number>\d+)\s*(?P<unit>[hdw])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CacheOptions:
    """What the command line asks for; see ``python -m localizer cache --help``."""

    workspace: str
    budget: str = ""
    older_than: str = ""
    keep_open: str = ""
    evict: bool = False


def cache(options: CacheOptions) -> Share:
    """Show the cache on stdout, and what is or would be evicted; the latter.

    Raises:
        InputError: a size or an age cannot be read, or there is nothing to evict by.
        StorageError, TransientError: the workspace cannot be read.
    """
    said = options.budget or os.environ.get(BUDGET_VARIABLE, "")
    budget = parse_size(said) if said else None
    older_than = parse_age(options.older_than) if options.older_than else None
    if options.evict and budget is None and older_than is None:
        raise InputError(f"--evict needs --budget (or {BUDGET_VARIABLE}) or --older-than: evict what?")
    keep_open = parse_age(options.keep_open) if options.keep_open else KEEP_OPEN
    with Cache(Workspace.open(options.workspace), keep_open=keep_open) as found:
        _say(describe(found.state(), budget))
        chosen = found.choose(budget=budget, older_than=older_than)
        if options.evict:
            chosen = found.evict()
            _say(f"evicted     {_share(chosen)}")
        elif budget is not None or older_than is not None:
            _say(f"would go    {_share(chosen)}; add --evict to do it")
        left = found.state().whole.size - (0 if options.evict else chosen.size)
        if budget is not None and left > budget:
            why = "the rest is needed, or was used too recently" if older_than else "the rest is needed"
            _say(f"over budget {size(left - budget)}: {why}")
    return chosen


def add_cache(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    cache = commands.add_parser(
        "cache",
        parents=[common],
        help="show how large the result cache of a workspace is, and evict from it",
        description="Results are shared by all runs of a workspace. Evicts those that were not used for "
        "longest; what an unfinished run, a review or a publish still needs stays. Without --evict it only "
        "says what would go.",
    )
    cache.add_argument("--workspace", required=True, metavar="DIR", help="folder or gs://bucket/prefix")
    cache.add_argument(
        "--budget",
        default="",
        metavar="SIZE",
        help="evict until the results take no more, such as 200GB (default: LOCALIZER_CACHE_BUDGET)",
    )
    cache.add_argument(
        "--older-than", default="", metavar="AGE", help="only what was not used for so long, such as 30d"
    )
    cache.add_argument(
        "--keep-open",
        default="",
        metavar="AGE",
        help="how long a run that was not finished, reviewed or published keeps its results (default: 30d)",
    )
    cache.add_argument("--evict", action="store_true", help="really remove them")
    cache.set_defaults(command=_cache)


def _cache(arguments: argparse.Namespace) -> int:
    cache(
        CacheOptions(
            workspace=arguments.workspace,
            budget=arguments.budget,
            older_than=arguments.older_than,
            keep_open=arguments.keep_open,
            evict=arguments.evict,
        )
    )
    return 0


def describe(state: CacheState, budget: int | None) -> str:
    """What the cache holds, for a person."""
    lines = [f"results     {_share(state.whole)}"]
    if budget is not None:
        lines.append(f"budget      {size(budget)}")
    if state.leftovers.results:
        lines.append(f"unfinished  {_share(state.leftovers)}, of jobs without a result")
    lines += [
        f"engine      {name or 'not named by any run'}: {_share(share)}"
        for name, share in state.engines.items()
    ]
    lines += [f"last used   {name}: {_share(share)}" for name, share in state.ages.items() if share.results]
    lines += [f"needed by   {reason}: {_share(share)}" for reason, share in state.needed.items()]
    lines.append(f"sources     {_share(state.sources)}, which stay and do not count")
    return "\n".join(lines)


def parse_size(text: str) -> int:
    """Bytes of ``200GB``, ``1.5 TiB`` or ``1000``.

    Raises:
        InputError: not a size.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{text!r} is not a size; write it like 200GB or 1.5TiB")
    base: int = 1024 if found["binary"] else 1000
    power: int = _UNITS[found["unit"].upper()] if found["unit"] else 0
    return int(float(found["number"]) * base**power)


def parse_age(text: str) -> timedelta:
    """``30d``, ``12h`` or ``2w``.

    Raises:
        InputError: not an age.
    """
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{text!r} is not an age; write it like 30d, 12h or 2w")
    return timedelta(days=int(found["number"]) * _DAYS[found["unit"].lower()])


def size(count: int) -> str:
    """``1.5 GB``."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def _share(share: Share) -> str:
    return f"{share.results} ({size(share.size)})"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
