"""Drafts of earlier runs, kept in the workspace: the same question is never asked, nor paid for, twice.

    copy/drafts/<translator>/<source locale>/<locale>/<digest>.jsonl

A file holds what one batch was answered, one JSON object a line; it is written once, as the batch comes in.
Many small files of one pair are put together when they are next read. The files may be removed at any time:
what is missing is asked again.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from types import TracebackType
from typing import Any, Self

from localizer.documents import DAMAGED, canonical_digest
from localizer.errors import ObjectNotFound, PreconditionFailed, StorageUnavailable
from localizer.parallel import in_parallel
from localizer.scratch import Scratch
from localizer.storage import ObjectInfo, Storage
from localizer.storage.content_types import content_type_of
from localizer.translation.model import TranslationRequest, Translator

log = logging.getLogger(__name__)

_FOLDER = "copy/drafts"
_MANY = 64  # files of a pair that are read one by one
_LARGE = 4 << 20  # bytes; a file of that size is left as it is
_SCHEMA = "CREATE TABLE draft (folder TEXT, key TEXT, text TEXT, PRIMARY KEY (folder, key)) WITHOUT ROWID"


class DraftMemory:
    """The drafts of one workspace; what is read of them lies on disk. For one thread at a time; close it.

    Only drafts are kept: a translator that had none is asked again by the next run.

    Raises:
        StorageUnavailable, StorageError: of any method, if the workspace cannot be read or written.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._known = Scratch(_SCHEMA, any_thread=True)
        self._read: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._known.close()

    def recall(self, translator: Translator, request: TranslationRequest) -> str | None:
        """What this translator answered to this question before, or None."""
        folder = _folder(translator, request)
        if folder not in self._read:
            self._load(folder)
            self._read.add(folder)
        found = self._known.row(
            "SELECT text FROM draft WHERE folder = ? AND key = ?", folder, draft_key(translator, request)
        )
        return str(found[0]) if found else None

    def keep(self, translator: Translator, drafts: Iterable[tuple[TranslationRequest, str]]) -> None:
        """Keep what was answered; returns once it is stored. Keeping the same again does nothing."""
        by_folder: dict[str, dict[str, tuple[str, str]]] = {}
        for request, text in drafts:
            key = draft_key(translator, request)
            by_folder.setdefault(_folder(translator, request), {})[key] = (request.text, text)
        for folder, kept in by_folder.items():
            lines = [
                json.dumps({"key": key, "source": source, "text": text}, ensure_ascii=False)
                for key, (source, text) in sorted(kept.items())
            ]
            self._store(folder, ("\n".join(lines) + "\n").encode())
            self._learn(folder, ((key, text) for key, (_, text) in kept.items()))

    def _learn(self, folder: str, drafts: Iterable[tuple[str, str]]) -> None:
        self._known.put(
            "INSERT OR IGNORE INTO draft VALUES (?, ?, ?)", ((folder, key, text) for key, text in drafts)
        )

    def _load(self, folder: str) -> None:
        for _ in range(3):  # another process may be putting files together: what went is in a new one
            files = list(self._storage.infos(f"{folder}/"))
            gone = False
            for name, data in in_parallel(self._content, (file.name for file in files)):
                gone = gone or data is None
                self._learn(folder, _drafts(name, data or b""))
            if not gone:
                break
        else:
            raise StorageUnavailable(f"{self._storage.uri_of(folder)} changes while it is read")
        small = [file for file in files if file.size < _LARGE]
        if len(small) > _MANY:
            self._put_together(folder, small)

    def _content(self, name: str) -> tuple[str, bytes | None]:
        try:
            return name, self._storage.read(name)
        except ObjectNotFound:
            return name, None

    def _put_together(self, folder: str, files: Sequence[ObjectInfo]) -> None:
        """One file in place of several: first the new one, then the old ones go."""
        taken: list[str] = []
        content = bytearray()
        for name, data in in_parallel(self._content, (file.name for file in files)):
            taken.append(name)
            content += data or b""
            if len(content) >= _LARGE or name == files[-1].name:
                stored = self._store(folder, bytes(content))
                for old in taken:
                    if old != stored:
                        self._storage.delete(old)
                taken, content = [], bytearray()

    def _store(self, folder: str, data: bytes) -> str:
        name = f"{folder}/{hashlib.sha256(data).hexdigest()[:32]}.jsonl"
        try:
            self._storage.create(name, data, content_type=content_type_of(name))
        except PreconditionFailed:
            log.debug("%s is there already", name)
        return name


def draft_key(translator: Translator, request: TranslationRequest) -> str:
    """What decides a translator's answer beside the translator.

    A translator may name in ``ignores`` the fields of a request that it does not look at: then the same
    string beside another one in another image is the same question.
    """
    question: dict[str, Any] = {each.name: getattr(request, each.name) for each in fields(request)}
    question["glossary"] = dict(request.glossary)
    for name in getattr(translator, "ignores", ()):
        del question[name]
    return canonical_digest(question)


def _folder(translator: Translator, request: TranslationRequest) -> str:
    who = canonical_digest(
        {
            "name": translator.name,
            "version": translator.version,
            "parameters": dict(translator.parameters()),
        }
    )
    return f"{_FOLDER}/{who[:32]}/{request.source_locale}/{request.locale}"


def _drafts(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """Keys and texts; a line that says neither is left out, so that its string is asked again."""
    for line in data.splitlines():
        try:
            record = json.loads(line)
            key, text = str(record["key"]), str(record["text"])
        except DAMAGED as error:
            log.warning("%s holds a damaged line (%r); what it said is asked again", name, error)
            continue
        yield key, text
