"""Publish the approved images of a run as one immutable release, and make it current.

Everything can be cut off at any point and run again: the release's id follows from its content, its objects
are created once, and the pointer moves last, after all of them were found whole. Until then the campaign's
current release stays as it was.

Memory stays flat: what the release is going to have stands in a table on disk. Each image is read once, and
hashed before it is written; one that is not what was approved stops the publish. What is there is compared by
one listing. Publishing again what is current reads no image and writes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localizer.errors import ObjectNotFound, PreconditionFailed, ReleaseError, TransientError
from localizer.parallel import in_parallel
from localizer.provenance.keys import SigningKey
from localizer.provenance.signing import Signer
from localizer.release.history import Trail, read_pointer
from localizer.release.pointer import Mover, move_pointer, unless_written_since
from localizer.release.record_files import each_object, write_record
from localizer.release.records import Pointer, record_name, release_folder
from localizer.release.retention import finish_removal
from localizer.release.selection import stage_approved
from localizer.release.staging import Item, Stage
from localizer.release.taken_back import refuse_taken_back
from localizer.release.verification import beside, compare
from localizer.runs import Run
from localizer.runs.merging import local_disk, temporary_folder
from localizer.storage import ObjectInfo, Storage, open_storage
from localizer.times import iso_utc
from localizer.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Published:
    """What a publish did.

    Attributes:
        release_id: None if nothing was approved.
        uri: the release's folder.
        objects: images in the release, of which `objects_new` were written now, `objects_existing` stood
            there already, and `carried` were taken over from the release before; `signed` have content
            credentials.
        pointer_moved: whether this call made the release current.
        by_this_run: whether it is current because of this run, by this call or by one that died after it.
        already_current: whether it was current before.
        previous: the release that was current before this run, or is where this run made none current.
        dry_run: nothing was written; the counts say what would be.
    """

    campaign: str
    release_id: str | None = None
    uri: str | None = None
    objects: int = 0
    objects_new: int = 0
    objects_existing: int = 0
    carried: int = 0
    signed: int = 0
    pointer_moved: bool = False
    by_this_run: bool = False
    already_current: bool = False
    previous: str | None = None
    dry_run: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """One sentence for a person."""
        stays = f"{self.previous} stays current" if self.previous else "nothing is current"
        if self.release_id is None:
            return f"nothing was approved, so nothing was published; {stays}"
        if self.already_current and not self.objects_new:
            return f"{self.release_id} is current already; nothing was written"
        would = "would be " if self.dry_run else ""
        parts = ((self.carried, "carried over"), (self.signed, "signed"))
        of_these = ", ".join(f"{count} {what}" for count, what in parts if count)
        of_these = f" ({of_these})" if of_these else ""
        head = f"{self.release_id}: {self.objects} images{of_these}, {self.objects_new} {would}written"
        if self.already_current:
            return f"{head}; it is current already"
        return f"{head}; {'would become' if self.dry_run else 'is now'} current"


def publish(
    run: Run,
    *,
    workspace: Workspace,
    publish_uri: str,
    campaign: str,
    client: Any = None,
    dry_run: bool = False,
    key: SigningKey | None = None,
    tried_before: bool = False,
) -> Published:
    """Publish what the run's decisions approve.

    Where the run was limited to some locales, the current release's images of what it left out are carried
    over, so that a run for one locale takes no other off line. What the run did work on and nobody approved
    is not in the new release.

    Args:
        publish_uri: where all campaigns are published, a path or ``gs://bucket/prefix``.
        campaign: folder below it.
        client: for ``gs://``, see `localizer.storage.open_storage`.
        dry_run: check everything, write nothing.
        key: signs content credentials into each image; the very bytes that were reviewed otherwise.
        tried_before: this is another try of something that may have published already. If it has, and
            another release was published since, that one stays.

    Raises:
        SigningFailed: an image could not be signed; none is published unsigned instead.
        ReleaseError: a decision approves what must not be published, an image is not the one reviewed, or
            what stands at the target contradicts the release. The pointer was not moved.
        TransientError: storage did not answer, or somebody else published meanwhile; a retry may help.
    """
    storage = open_storage(publish_uri, client=client)
    pointer = read_pointer(storage, campaign)
    previous = pointer.release_id if pointer else None
    with Stage() as stage, run.plan() as plan:
        signer = Signer(workspace.storage, key) if key else None
        staged = stage_approved(run, workspace, stage, signer=signer, dry_run=dry_run)
        notes = (*plan.warnings, *staged)
        if not stage.count:
            return Published(campaign, previous=previous, dry_run=dry_run, warnings=notes)
        left_out = plan.out_of_scope
        if pointer is not None and left_out:
            with unless_written_since(storage, campaign, pointer):
                stage.carry_over(storage, campaign, pointer.release_id, left_out)
            if signer and (unsigned := stage.carried_unsigned):
                notes = (
                    *notes,
                    f"{unsigned} images carried over are not signed; run them again to sign them",
                )
        release_id = stage.release_id()
        current = previous == release_id
        if pointer is not None and not current:
            notes = (*notes, *_overtaken(run, pointer))
            _may_become_current(
                storage, pointer, release_id, stage, dry_run=dry_run, again=run if tried_before else None
            )
        folder = release_folder(campaign, release_id)
        with unless_written_since(storage, campaign, pointer):
            record_there = storage.stat(record_name(campaign, release_id)) is not None
            if record_there:
                stage.adopt_record(each_object(storage, campaign, release_id))
            target = _Target(storage, folder, workspace.storage, stage, trust_sizes=current, dry_run=dry_run)
            new = target.fill()
            if not dry_run:
                if not record_there:
                    head = {
                        "release_id": release_id,
                        "campaign": campaign,
                        "created_at": iso_utc(),
                        "run": run.run_id,
                        "parent": previous,
                    }
                    _create_record(storage, head, stage, warnings=notes)
                if stage.contradicts_record():
                    name = record_name(campaign, release_id)
                    raise ReleaseError(f"{storage.uri_of(name)} exists and speaks of other images")
                if new or not current:
                    compare(storage, campaign, release_id, stage.expected(), trust_sizes=current)
        moved, now = False, pointer
        if not dry_run:
            mover = Mover(run.run_id, "publish")
            now, moved = move_pointer(storage, campaign, release_id, since=pointer, mover=mover)
            run.mark_published(release_id, storage.uri_of(folder))
        by_this_run = now is not None and (
            (now.release_id, now.moved_by, now.action) == (release_id, run.run_id, "publish")
        )
        return Published(
            campaign=campaign,
            release_id=release_id,
            uri=storage.uri_of(folder),
            objects=stage.count,
            objects_new=new,
            objects_existing=stage.count - new,
            carried=stage.carried,
            signed=stage.signed,
            pointer_moved=moved,
            by_this_run=by_this_run,
            already_current=current,
            previous=now.previous if now is not None and by_this_run else previous,
            dry_run=dry_run,
            warnings=notes,
        )


def _may_become_current(
    storage: Storage, pointer: Pointer, release_id: str, stage: Stage, *, dry_run: bool, again: Run | None
) -> None:
    """Whether a run may make a release current that, or images of which, may have been there before.

    Args:
        again: the run, if an earlier try of it may have made it current already.

    Raises:
        ReleaseError: a person took this very release back, so only a person may bring it back, or images that
            it has, see `refuse_taken_back`; or an earlier try published it, nobody decided anew since, and
            another one was published after it.
        TransientError: retention was removing it, and is through now.
    """
    campaign = pointer.campaign
    if pointer.is_retiring(release_id):
        if not dry_run:
            finish_removal(storage, campaign)  # whoever began it may be dead
        raise TransientError(f"{release_id} was just being removed by retention; run again")
    trail = Trail.of(storage, campaign)
    done = trail.published.get(release_id)
    if done is not None and again is not None and _is_all_of(again, done):
        raise ReleaseError(
            f"this run made {release_id} current at {done.moved_at} already, and {pointer.moved_by} made "
            f"{pointer.release_id} current at {pointer.moved_at}; that stays. Should {release_id} be right "
            f"after all, bring it back yourself: rollback_release with release_id {release_id}"
        )
    taken_back = trail.taken_back.get(release_id)
    if taken_back is not None:
        why = f" ({taken_back.reason})" if taken_back.reason else ""
        raise ReleaseError(
            f"{taken_back.moved_by} took {release_id} back at {taken_back.moved_at}{why}, and this run would "
            f"publish the same images again; nothing was published. Should they be right after all, bring "
            f"the release back yourself: rollback_release with release_id {release_id}"
        )
    refuse_taken_back(storage, stage, pointer, trail.taken_back)


def _overtaken(run: Run, pointer: Pointer) -> Iterator[str]:
    """What to tell where another run published after this one was planned: runs of different locales may
    overlap by intent, so that is no error, but whoever answered an old review must hear of it."""
    planned = run.planned_at()
    moved_at = datetime.fromisoformat(pointer.moved_at)
    if planned is not None and pointer.moved_by != run.run_id and moved_at > planned:
        yield (
            f"{pointer.release_id} was made current at {pointer.moved_at}, after this run was planned, and "
            "is replaced by it; should that be the newer work, bring it back by rollback_release"
        )


def _is_all_of(run: Run, move: Pointer) -> bool:
    """Whether a move published all that was decided in a run: nobody looked at it anew since."""
    at = datetime.fromisoformat(move.moved_at)
    return move.moved_by == run.run_id and not any(
        datetime.fromisoformat(decision.at) > at for decision in run.trail().each()
    )


class _Target:
    """A release's folder while it is filled.

    Args:
        workspace: where the run's images are.
        trust_sizes: where a listing has no checksum, believe that an object of the recorded size is the
            recorded one: the release is current, so it was verified when it became that.
    """

    def __init__(
        self,
        storage: Storage,
        folder: str,
        workspace: Storage,
        stage: Stage,
        *,
        trust_sizes: bool,
        dry_run: bool,
    ) -> None:
        self._storage, self._folder, self._workspace = storage, folder, workspace
        self._stage, self._trust_sizes, self._dry_run = stage, trust_sizes, dry_run

    def fill(self) -> int:
        """Create what is not there yet; how many were created (or would be).

        What is there is compared with what has to be: by the record if there is one, else by its bytes.
        """
        new = 0
        for path, info, created in in_parallel(self._put, self._to_do()):
            new += created
            if info is not None:
                self._stage.saw(path, info)
        return new

    def _to_do(self) -> Iterator[tuple[Item, ObjectInfo | None]]:
        there = beside(self._storage, self._folder, self._stage.items(), path=lambda item: item.path)
        for item, info in there:
            if item is None:
                continue  # a stray; the comparison at the end tells of it
            known = info is not None and self._stage.is_recorded_as(item.path, info)
            if info is None or not known or not (info.crc32c or self._trust_sizes):
                yield item, info

    def _put(self, task: tuple[Item, ObjectInfo | None]) -> tuple[str, ObjectInfo | None, bool]:
        """Path, what stands there now (None in a dry run), and whether it was created (or would be)."""
        item, there = task
        name = f"{self._folder}/{item.path}"
        if there is None:
            data = self._approved_bytes(item)
            if self._dry_run:
                return item.path, None, True
            try:
                info = self._storage.create(name, data, content_type=item.content_type)
            except PreconditionFailed:
                pass  # another publisher of the same release was faster; its object is looked at below
            else:
                return item.path, info, True
        data, info = self._storage.read_with_info(name)
        if hashlib.sha256(data).hexdigest() != item.sha256:
            raise ReleaseError(
                f"{self._storage.uri_of(name)} exists and is another image; nothing was made current"
            )
        return item.path, info, False

    def _approved_bytes(self, item: Item) -> bytes:
        """The bytes of an image, if they are still the approved ones."""
        storage = self._storage if item.carried else self._workspace
        where = storage.uri_of(item.source)
        try:
            data = storage.read(item.source)
        except ObjectNotFound as error:
            raise ReleaseError(f"{item.label}: the approved image {where} is gone") from error
        if hashlib.sha256(data).hexdigest() != item.sha256:
            raise ReleaseError(f"{item.label}: {where} is not the image that was approved any more")
        return data


def _create_record(
    storage: Storage, head: dict[str, Any], stage: Stage, *, warnings: tuple[str, ...]
) -> None:
    """Write ``release.json``; if another publisher was faster, look at its one."""
    campaign, release_id = head["campaign"], head["release_id"]
    with temporary_folder() as folder:
        path = folder / "release.json"
        with local_disk(), path.open("w", encoding="utf-8") as file:
            write_record(file, head, stage.objects(), {"warnings": list(warnings), "counts": stage.counts()})
        try:
            storage.create(record_name(campaign, release_id), path, content_type="application/json")
        except PreconditionFailed:
            stage.adopt_record(each_object(storage, campaign, release_id))
