"""The ``release`` command: list, show, roll back, verify and prune releases."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from localizer.cache.command import parse_age, size
from localizer.display import lines
from localizer.errors import InputError, ReleaseError
from localizer.release.changes import KINDS, propose
from localizer.release.history import Trail, each_move, require_pointer
from localizer.release.inspection import CURRENT, Inspection, inspect, table
from localizer.release.listing import each_campaign, each_release
from localizer.release.pointer import Mover, roll_back
from localizer.release.record_files import each_object, read_head
from localizer.release.records import checked_release_id, record_name
from localizer.release.retention import Policy, Pruned, prune
from localizer.run_arguments import add_requested_by
from localizer.storage import Storage, open_storage

DAMAGED = 1
_DEFAULT = Policy()


def add_release(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    release = commands.add_parser(
        "release", parents=[common], help="list, show, take back, verify and prune published releases"
    )
    verbs = release.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, run: Callable[[argparse.Namespace], int], about: str, *, one: bool = True) -> Any:
        parser = verbs.add_parser(name, parents=[common], help=about, description=about)
        parser.add_argument("publish_uri", metavar="PUBLISH_URI", help="folder or gs://bucket/prefix")
        parser.add_argument(
            "campaign", metavar="CAMPAIGN", nargs=None if one else "?", default=None if one else ""
        )
        parser.add_argument("--json", action="store_true", help="JSON in place of text")
        parser.set_defaults(command=run)
        return parser

    verb("list", _list, "list the releases of a campaign and the moves of its pointer")
    show = verb("show", _show, "show a release, image counts by locale")
    show.add_argument("release", metavar="RELEASE", nargs="?", default="", help="(default: the current one)")
    back = verb("rollback", _rollback, "make an earlier release current again; only the pointer moves")
    back.add_argument(
        "release", metavar="RELEASE", nargs="?", default="", help="(default: the one before the current one)"
    )
    back.add_argument("--reason", required=True, metavar="TEXT", help="kept in the history")
    back.add_argument("--yes", action="store_true", help="do not ask")
    add_requested_by(back, "who takes it back")
    check = verb("verify", _verify, "read every published image and compare it with the record", one=False)
    check.add_argument(
        "--release", default=CURRENT, metavar="RELEASE", help="an id, current (default) or all"
    )
    old = verb("prune", _prune, "remove old releases; only says what would go without --remove", one=False)
    old.add_argument(
        "--keep", type=int, default=_DEFAULT.keep, metavar="N", help=f"newest, and way back ({_DEFAULT.keep})"
    )
    old.add_argument(
        "--keep-for", default="90d", metavar="AGE", help="what was current or made so recently (90d)"
    )
    old.add_argument("--pin", action="append", default=[], metavar="RELEASE", help="stays; may be repeated")
    old.add_argument("--remove", action="store_true", help="really remove them")
    add_requested_by(old, "who removes them")


def check_pins(storage: Storage, campaigns: list[str], pinned: frozenset[str]) -> None:
    """A pin that names no release is a mistake that would cost the release that was meant.

    Raises:
        InputError: there is no such release in any of the campaigns.
        ReleaseError: not the id of a release.
    """
    for pin in sorted(pinned):
        names = (record_name(campaign, checked_release_id(pin)) for campaign in campaigns)
        if not any(storage.stat(name) for name in names):
            raise InputError(f"{pin} is pinned, but no campaign has such a release; nothing was removed")


def describe(pruned: Pruned) -> str:
    """What retention did, for a person."""
    would = "would go" if pruned.dry_run else "went"
    text = f"{pruned.campaign}: {len(pruned.releases)} releases {would}"
    if pruned.releases:
        text += f" ({pruned.objects} objects, {size(pruned.size)}: {', '.join(pruned.releases)})"
    if pruned.finished:
        text += f"; finished the removal of {', '.join(pruned.finished)}"
    return f"{text}; {pruned.kept} stay"


def parse_keep(keep: int, keep_for: str, pinned: list[str]) -> Policy:
    """A policy from a form or the command line; raises InputError."""
    age = parse_age(keep_for) if keep_for.strip() else timedelta()
    return Policy(keep, age, frozenset(checked_release_id(each.strip()) for each in pinned if each.strip()))


def _list(arguments: argparse.Namespace) -> int:
    storage, campaign = open_storage(arguments.publish_uri), arguments.campaign
    pointer = require_pointer(storage, campaign)
    trail, moves = Trail(), list(each_move(storage, campaign))
    for move in moves:
        trail.follow(move)
    found = sorted(each_release(storage, campaign, trail.touched), key=lambda each: each.used)
    if arguments.json:
        return _say_json(
            {
                "campaign": campaign,
                "current": pointer.release_id,
                "releases": [
                    asdict(each)
                    | {
                        "current": each.release_id == pointer.release_id,
                        "taken_back": each.release_id in trail.taken_back,
                        "retiring": pointer.is_retiring(each.release_id),
                    }
                    for each in found
                ],
                "moves": [each.to_dict() for each in moves],
            }
        )
    for each in found:
        notes = [
            "current" if each.release_id == pointer.release_id else "",
            "taken back" if each.release_id in trail.taken_back else "",
            "being removed" if pointer.is_retiring(each.release_id) else "",
            "" if each.has_record else "unfinished",
        ]
        made = each.created_at or each.used
        _say(f"{each.release_id}  {made}  {each.run or '-'}  {', '.join(filter(None, notes))}".rstrip())
    _say("")
    for move in moves:
        why = f": {move.reason}" if move.reason else ""
        _say(f"{move.number:4d}  {move.moved_at}  {move.action:8s}  {move.release_id}  {move.moved_by}{why}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    storage, campaign = open_storage(arguments.publish_uri), arguments.campaign
    release_id = arguments.release or require_pointer(storage, campaign).release_id
    by_locale: dict[str, int] = {}
    total = 0
    for each in each_object(storage, campaign, checked_release_id(release_id)):
        by_locale[each.locale] = by_locale.get(each.locale, 0) + 1
        total += each.size
    head = read_head(storage, campaign, release_id)
    facts = head | {"images": sum(by_locale.values()), "bytes": total, "locales": by_locale}
    if arguments.json:
        return _say_json(facts)
    for name in ("release_id", "campaign", "created_at", "run", "parent"):
        _say(f"{name:11s} {head.get(name, '-')}")
    _say(f"{'images':11s} {facts['images']} ({size(total)})")
    for locale, count in sorted(by_locale.items()):
        _say(f"  {locale:9s} {count}")
    return 0


def _rollback(arguments: argparse.Namespace) -> int:
    storage = open_storage(arguments.publish_uri)
    proposal = propose(storage, arguments.campaign, arguments.release)
    if not arguments.yes:
        _ask(f"{proposal.headline}.\nGo on? [y/N] ")
    mover = Mover(arguments.requested_by or "unknown", "rollback", arguments.reason)
    pointer, moved = roll_back(storage, arguments.campaign, proposal.release_id, mover, shown=proposal.shown)
    if arguments.json:
        counts = {kind: proposal.changes.total[kind] for kind in KINDS}
        return _say_json(pointer.to_dict() | {"moved": moved, "counts": counts})
    _say(f"{pointer.release_id} is current{'' if moved else ' already'}; it was {pointer.previous} before")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    storage = open_storage(arguments.publish_uri)
    found: list[Inspection] = list(inspect(storage, arguments.campaign, arguments.release))
    if arguments.json:
        _say_json([each.to_dict() for each in found])
    else:
        _say(table(found))
    return 0 if all(each.is_whole for each in found) else DAMAGED


def _prune(arguments: argparse.Namespace) -> int:
    storage = open_storage(arguments.publish_uri)
    policy = parse_keep(arguments.keep, arguments.keep_for, arguments.pin)
    campaigns = [arguments.campaign] if arguments.campaign else list(each_campaign(storage))
    check_pins(storage, campaigns, policy.pinned)
    by = arguments.requested_by or "unknown"
    found = [prune(storage, name, policy, by=by, dry_run=not arguments.remove) for name in campaigns]
    if arguments.json:
        return _say_json([asdict(each) for each in found])
    for each in found:
        _say(describe(each))
    if not arguments.remove and any(each.releases for each in found):
        _say("nothing was removed; add --remove to do it")
    return 0


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise InputError("nobody is there to ask; add --yes to do it all the same")
    sys.stderr.write(lines(question))
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise ReleaseError("not confirmed; nothing was moved")


def _say(text: str) -> None:
    sys.stdout.write(lines(text) + "\n")


def _say_json(value: Mapping[str, Any] | list[Any]) -> int:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    return 0
