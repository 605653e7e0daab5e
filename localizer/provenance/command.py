"""The ``provenance`` command: what a file, or each file of a release, says of itself, and if that holds."""

from __future__ import annotations

import argparse
import json
import os
import posixpath
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from localizer.display import one_line
from localizer.errors import ImageError, InputError, ObjectNotFound
from localizer.provenance.keys import CERTIFICATES, KEY, read_pem
from localizer.provenance.reading import Account, account_of, contradictions
from localizer.provenance.statements import in_words
from localizer.storage import Storage, open_storage

_RECORD = "release.json"


@dataclass(frozen=True, slots=True)
class ProvenanceOptions:
    """What the command line asks for; see ``python -m localizer provenance --help``."""

    places: tuple[str, ...]
    trust: str = ""
    json: bool = False


@dataclass(frozen=True, slots=True)
class _Finding:
    place: str
    account: Account | None
    record: Mapping[str, Any] | None
    faults: tuple[str, ...]


def add_provenance(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser of the command line."""
    parser = commands.add_parser(
        "provenance",
        parents=[common],
        help="show and verify what an image or each image of a release says of where it comes from",
        description="Digital source type, history and content credentials of each file and, where it lies in "
        "a release, the recorded chain from its source to its approver. Exit code 1 if something does not "
        "hold.",
        epilog=f"`run --publish` signs content credentials where {CERTIFICATES} and {KEY} name PEM files.",
    )
    parser.add_argument(
        "places",
        nargs="+",
        metavar="PLACE",
        help="image, folder of a release or its release.json; path or gs://",
    )
    parser.add_argument(
        "--trust", default="", metavar="FILE", help="PEM roots that signers have to lead to (default: any)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per file, a line each")
    parser.set_defaults(command=_command)


def _command(arguments: argparse.Namespace) -> int:
    options = ProvenanceOptions(tuple(arguments.places), trust=arguments.trust, json=arguments.json)
    return 0 if provenance(options) else 1


def provenance(options: ProvenanceOptions) -> bool:
    """Print what each file says; whether all of it holds.

    A place is an image, the folder of a release or its ``release.json``; a path or ``gs://``.

    Raises:
        InputError: there is no such file or release.
        ReleaseError: a release's record is damaged.
        StorageError, TransientError: a place cannot be read.
    """
    trust = read_pem(options.trust, "--trust") if options.trust else ""
    holds = True
    for place in options.places:
        place = place.rstrip("/") if "://" in place else os.path.abspath(place)  # noqa: PLW2901
        for finding in _findings(place, trust):
            holds = holds and not finding.faults
            sys.stdout.write((_as_json(finding) if options.json else _in_words(finding)) + "\n")
    return holds


def _findings(place: str, trust: str) -> Iterator[_Finding]:
    folder, _, name = place.rpartition("/")
    if name == _RECORD:
        yield from _of_release(folder, trust)
        return
    storage = open_storage(folder or "/")
    if os.path.isdir(place) or storage.stat(name) is None:
        if os.path.isfile(place) or open_storage(place).stat(_RECORD) is None:
            raise InputError(f"{place}: there is no such image, nor a release there")
        yield from _of_release(place, trust)
        return
    yield _of_file(storage.read(name), place, _record_of(folder, name), trust)


def _of_file(data: bytes, place: str, record: Mapping[str, Any] | None, trust: str) -> _Finding:
    try:
        account = account_of(data, name=place, trust=trust)
    except ImageError as error:
        return _Finding(place, None, record, (str(error),))
    faults = [*account.faults, *(contradictions(account, record) if record else ())]
    return _Finding(place, account, record, tuple(faults))


def _of_release(folder: str, trust: str) -> Iterator[_Finding]:
    """Each object of a release, in its order."""
    from localizer.release.record_files import each_object
    from localizer.release.records import release_folder

    storage, campaign, release_id = _release(folder)
    root = release_folder(campaign, release_id)
    for each in each_object(storage, campaign, release_id):
        name = f"{root}/{each.path}"
        try:
            data = storage.read(name)
        except ObjectNotFound:
            yield _Finding(storage.uri_of(name), None, asdict(each), ("it is missing",))
            continue
        yield _of_file(data, storage.uri_of(name), asdict(each), trust)


def _release(folder: str) -> tuple[Storage, str, str]:
    """The publish root, campaign and id of a release by its folder ``<root>/<campaign>/releases/<id>``."""
    parts = folder.rstrip("/").rsplit("/", 3)
    if len(parts) != 4 or parts[2] != "releases":
        raise InputError(f"{folder} is not the folder of a release (<campaign>/releases/<release id>)")
    return open_storage(parts[0] or "/"), parts[1], parts[3]


def _record_of(folder: str, name: str) -> dict[str, Any] | None:
    """What the release says that a file lies in; None if it lies in none."""
    release, _, locale = folder.rpartition("/")
    if posixpath.basename(posixpath.dirname(release)) != "releases" or not locale:
        return None
    if open_storage(release).stat(_RECORD) is None:
        return None
    from localizer.release.record_files import each_object

    storage, campaign, release_id = _release(release)
    path = f"{locale}/{name}"
    found = next((asdict(o) for o in each_object(storage, campaign, release_id) if o.path == path), None)
    if found is None:
        raise InputError(f"{folder}/{name} lies in a release that does not have it")
    return found


def _as_json(finding: _Finding) -> str:
    return json.dumps(
        {
            "place": finding.place,
            "holds": not finding.faults,
            "faults": list(finding.faults),
            "file": finding.account.to_dict() if finding.account else None,
            "release": dict(finding.record) if finding.record else None,
        },
        ensure_ascii=False,
    )


def _in_words(finding: _Finding) -> str:
    lines = [finding.place]
    account, record = finding.account, finding.record
    if account is not None:
        lines.append(f"  states      {in_words(account.source_type)} {account.source_type}".rstrip())
        for event in account.history:
            said = " ".join(
                event[part] for part in ("action", "when", "softwareAgent", "parameters") if event.get(part)
            )
            lines.append(f"  history     {said}")
        if account.credential is None:
            lines.append("  credential  none")
        else:
            lines.append(f"  credential  {account.credential.state}, signed by {account.credential.signer}")
            lines += [f"              {_action(action)}" for action in account.credential.actions]
    if record is not None:
        lines += [f"  {name:11s} {value}" for name, value in _chain(record) if value]
    lines += [f"  FAULT       {fault}" for fault in finding.faults]
    lines.append("  holds" if not finding.faults else "  DOES NOT HOLD")
    return "\n".join(one_line(line) for line in lines)


def _action(action: Mapping[str, Any]) -> str:
    agent = action.get("softwareAgent") or ""
    by = f"{agent.get('name', '')} {agent.get('version', '')}".strip() if isinstance(agent, dict) else agent
    return " ".join(str(part) for part in (action.get("action"), by, action.get("description")) if part)


def _chain(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """From the source to the approver, as a release records it."""
    yield "source", record["source_sha256"]
    yield "job", record["job"]
    models = f", pixels by {', '.join(record['models'])}" if record["models"] else ""
    yield "engine", f"{record['engine']} {record['engine_version']}".strip() + models
    yield "candidate", record["candidate_sha256"]
    yield "reviewed", record["reviewed_sha256"]
    failed = [f"{c['name']} {c['status']}" for c in record["checks"] if c["status"] != "passed"]
    yield "checks", f"{record['status']}{': ' if failed else ''}{', '.join(failed)}"
    reason = f": {record['reason']}" if record["reason"] else ""
    yield "approved", f"by {record['approver']} at {record['decided_at']}{reason}"
    yield "published", record["sha256"]
    yield "carried", record["carried_from"] or ""
