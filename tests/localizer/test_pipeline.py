"""One job, end to end in this process, with real checks and small engines of our own."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from localizer import pipeline
from localizer.attempts import try_job
from localizer.brand import BrandKit
from localizer.checks import suite
from localizer.engines import registry
from localizer.engines.base import Candidate, EditRequest, Placement
from localizer.engines.registry import get_engine
from localizer.errors import EngineError, EngineUnavailable, StorageError
from localizer.images import decode
from localizer.model import Action, CheckResult, CheckStatus, Edit, Job, JobResult, Status
from localizer.pipeline import known_result, localize, localize_many
from localizer.provenance.reading import account_of
from localizer.provenance.statements import EDITED_BY_MODEL, HUMAN_EDITS, VERSION
from localizer.workspace import Workspace

BOX = (20, 10, 60, 40)
Painter = Callable[[EditRequest], Candidate]


def source_png() -> bytes:
    """96 x 64, a gradient without any text."""
    ramp = np.linspace(40, 200, 96, dtype=np.uint8)
    rgb = np.stack([np.tile(ramp, (64, 1)), np.full((64, 96), 90, np.uint8), np.tile(ramp[::-1], (64, 1))], 2)
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG")
    return out.getvalue()


def paint(
    request: EditRequest, *, grey: int = 128, findings: tuple[CheckResult, ...] = (), **more: Any
) -> Candidate:
    rgb, mask = request.rgb.copy(), np.zeros(request.rgb.shape[:2], np.bool_)
    x0, y0, x1, y1 = BOX
    rgb[y0:y1, x0:x1], mask[y0:y1, x0:x1] = grey, True
    placements = tuple(Placement(e, source_box=e.box, box=BOX) for e in request.job.edits)
    return Candidate(rgb, mask, placements, findings, **more)


class Engine:
    """Answers each call with the next of its painters; the last one goes on for ever."""

    version = "1"

    def __init__(self, *painters: Painter, name: str = "test") -> None:
        self.name, self.painters, self.requests = name, painters, list[EditRequest]()

    def parameters(self) -> Mapping[str, Any]:
        return {}

    def edit(self, request: EditRequest) -> Candidate:
        self.requests.append(request)
        return self.painters[min(len(self.requests), len(self.painters)) - 1](request)


def finding(status: CheckStatus, **more: Any) -> tuple[CheckResult, ...]:
    return (CheckResult("test_finding", status, detail="said by the engine", **more),)


def raises(error: Exception) -> Painter:
    def painter(request: EditRequest) -> Candidate:
        raise error

    return painter


def bad(request: EditRequest) -> Candidate:
    return paint(request, grey=1, findings=finding(CheckStatus.FAILED), can_retry=True)


def unsure(request: EditRequest) -> Candidate:
    return paint(request, grey=2, findings=finding(CheckStatus.UNDECIDED), can_retry=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def job(workspace: Workspace) -> Job:
    name, sha256 = workspace.put_source(source_png(), "png")
    edits = (Edit(Action.REMOVE_OBJECT, box=BOX, object="logo", row=2),)
    return Job("k" * 64, "poster", "und", "und", name, sha256, edits)


@pytest.fixture
def registered() -> Iterator[Callable[[Engine], Engine]]:
    before = dict(registry._FACTORIES)

    def register(engine: Engine) -> Engine:
        registry.register(engine.name, lambda: engine)
        return engine

    yield register
    registry._FACTORIES.clear()
    registry._FACTORIES.update(before)


def run(job: Job, workspace: Workspace, engine: Engine, brand: BrandKit | None = None) -> JobResult:
    return localize(job, workspace=workspace, engine=engine, brand=brand or BrandKit())


def pixels(path: str | None) -> np.ndarray:
    assert path is not None
    return np.asarray(Image.open(path).convert("RGB"))


def test_a_job_that_passes(job: Job, workspace: Workspace) -> None:
    result = run(
        job, workspace, Engine(lambda r: paint(r, files={"plate.png": b"plate"}, facts={"s": np.float32(1)}))
    )
    assert (result.status, result.reason, result.attempts, result.cached) == (Status.PASSED, "", 1, False)
    after, before = pixels(result.image), pixels(result.source)
    changed = (after != before).any(axis=2)
    assert changed[BOX[1] : BOX[3], BOX[0] : BOX[2]].mean() > 0.9
    assert changed.sum() == changed[BOX[1] : BOX[3], BOX[0] : BOX[2]].sum()
    assert Path(result.delivered or "").suffix == ".png"
    assert Path(result.image or "").with_name("plate.png").read_bytes() == b"plate"
    edit = result.edits[0]
    assert (edit["action"], edit["box"], edit["engine"]) == ("remove_object", list(BOX), "test")
    assert (result.rows, result.source_sha256) == ((2,), job.source_sha256)
    assert {"untouched", "file", "faces"} <= {c.name for c in result.checks}
    assert json.loads(json.dumps(result.to_dict()))["attempt_log"][0]["facts"] == {"s": 1.0}


def test_a_text_that_stood_twice_and_one_that_was_not_found(job: Job, workspace: Workspace) -> None:
    other = Edit(Action.REMOVE_OBJECT, box=(0, 0, 5, 5), object="sticker", row=3)

    def twice(request: EditRequest) -> Candidate:
        first, second = request.job.edits
        places = (
            Placement(first, note="not sure"),
            Placement(first, source_box=(21, 11, 30, 20), box=(20, 10, 31, 21), note="small"),
            Placement(first, box=(40, 10, 50, 20), note="small"),
            Placement(second, note="not found"),
        )
        return replace(paint(request), placements=places)

    first, second = run(replace(job, edits=(*job.edits, other)), workspace, Engine(twice)).edits
    assert (first["box"], first["source_box"]) == ([20, 10, 31, 21], [21, 11, 30, 20])
    assert first["boxes"] == [[20, 10, 31, 21], [40, 10, 50, 20]]
    assert first["note"] == "not sure; small"
    assert (second["box"], second["boxes"], second["note"]) == ([0, 0, 5, 5], [], "not found")


def test_an_editable_hand_over_is_kept_with_its_plate(job: Job, workspace: Workspace) -> None:
    def handing_over(request: EditRequest) -> Candidate:
        return paint(request, files={"handover.svg": b"<svg/>"}, plate=np.full_like(request.rgb, 7))

    engine = Engine(handing_over)
    result = run(job, workspace, engine)
    assert result.handover is not None
    assert Path(result.handover).read_bytes() == b"<svg/>"
    plate = np.asarray(Image.open(Path(result.handover).with_name("plate.png")))
    assert plate.shape == engine.requests[0].rgb.shape
    assert (plate == 7).all()
    assert run(job, workspace, engine).handover == result.handover  # also when it is found again
    old = {k: v for k, v in result.to_dict().items() if k != "handover"}
    assert JobResult.from_dict(old).handover is None


def test_done_once_then_found(job: Job, workspace: Workspace) -> None:
    engine = Engine(paint)
    first = run(job, workspace, engine)
    twin = replace(job, asset_id="other", locale="fr", edits=(replace(job.edits[0], row=9),))
    again = run(twin, workspace, engine)
    assert len(engine.requests) == 1
    assert (again.cached, again.asset_id, again.locale, again.rows) == (True, "other", "fr", (9,))
    assert (again.image, again.checks) == (first.image, first.checks)
    assert again.seconds < first.seconds


def test_other_checks_make_a_result_stale(
    job: Job, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(paint)
    run(job, workspace, engine)
    monkeypatch.setattr(suite, "CHECKS_VERSION", "another")
    assert not run(job, workspace, engine).cached
    assert len(engine.requests) == 2
    assert run(job, workspace, engine).cached


def test_what_only_lacked_a_component_is_done_again(job: Job, workspace: Workspace) -> None:
    lacking = Engine(lambda r: paint(r, findings=finding(CheckStatus.UNDECIDED, missing="a reader")), paint)
    assert run(job, workspace, lacking).status is Status.NEEDS_REVIEW
    assert run(job, workspace, lacking).status is Status.PASSED


def test_a_retry_that_does_better(job: Job, workspace: Workspace) -> None:
    engine = Engine(bad, paint)
    result = run(job, workspace, engine)
    assert [r.attempt for r in engine.requests] == [0, 1]
    assert (result.status, result.attempts) == (Status.PASSED, 2)
    assert [a["status"] for a in result.attempt_log] == ["failed", "passed"]


def test_at_most_two_retries_and_the_best_attempt_wins(job: Job, workspace: Workspace) -> None:
    engine = Engine(bad, unsure, bad, paint)
    result = run(job, workspace, engine)
    assert len(engine.requests) == 3
    assert (result.status, result.attempts) == (Status.NEEDS_REVIEW, 3)
    assert pixels(result.image)[BOX[1], BOX[0]].tolist() == [2, 2, 2]
    assert result.reason


def test_no_retry_where_the_engine_cannot_do_better(job: Job, workspace: Workspace) -> None:
    engine = Engine(lambda r: paint(r, findings=finding(CheckStatus.FAILED)), paint)
    result = run(job, workspace, engine)
    assert (len(engine.requests), result.status) == (1, Status.FAILED)
    assert result.image is not None  # to look at; nobody can approve it


def test_the_brands_next_engine_takes_over(
    job: Job, workspace: Workspace, registered: Callable[[Engine], Engine]
) -> None:
    first = Engine(raises(EngineError("text not found")), name="first")
    second = registered(Engine(paint, name="second"))
    result = run(job, workspace, first, BrandKit(engines=("first", "second")))
    assert (result.status, result.engine, result.attempts) == (Status.PASSED, "second", 2)
    assert [a["engine"] for a in result.attempt_log] == ["first", "second"]
    assert second.requests[0].attempt == 0


def test_engines_share_the_attempts(
    job: Job, workspace: Workspace, registered: Callable[[Engine], Engine]
) -> None:
    first, second = Engine(bad, bad, paint, name="first"), registered(Engine(paint, name="second"))
    first.painters = (bad,)
    result = run(job, workspace, first, BrandKit(engines=("first", "second")))
    assert (len(first.requests), len(second.requests), result.attempts) == (3, 0, 3)


def test_the_delivered_file_says_how_it_was_made(job: Job, workspace: Workspace) -> None:
    result = run(job, workspace, Engine(paint))
    said = account_of(Path(result.delivered or "").read_bytes(), name="a.png")
    assert said.source_type == result.source_type == HUMAN_EDITS
    assert said.history[-1]["softwareAgent"] == "campaign-localizer test/1"
    assert f"remove_object 1; locale {job.locale}; source sha256 {job.source_sha256}" in str(said.history)
    assert (result.engine_version, result.models, result.statement) == ("1", (), VERSION)
    again = run(replace(job, key="b" * 64), workspace, Engine(paint))
    assert again.delivered_sha256 == result.delivered_sha256
    file = next(c for c in result.checks if c.name == "file")
    assert file.status is CheckStatus.PASSED


def test_pixels_that_a_model_made_are_stated(job: Job, workspace: Workspace) -> None:
    named = run(job, workspace, Engine(lambda r: paint(r, models=("/models/Qwen-Image-Edit-2509",))))
    assert (named.source_type, named.models) == (EDITED_BY_MODEL, ("Qwen-Image-Edit-2509",))
    said = account_of(Path(named.delivered or "").read_bytes(), name="a.png")
    assert said.source_type == EDITED_BY_MODEL
    assert "pixels by Qwen-Image-Edit-2509" in said.history[-1]["parameters"]
    assert "/models" not in str(said.history)

    def unnamed(request: EditRequest) -> Candidate:
        made = paint(request)
        return replace(made, placements=tuple(replace(p, typeset=False) for p in made.placements))

    other = run(replace(job, key="b" * 64), workspace, Engine(unnamed))
    assert (other.source_type, other.models) == (EDITED_BY_MODEL, ("a model",))


def test_a_result_whose_file_says_nothing_is_made_anew(
    job: Job, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(paint)
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "VERSION", "")  # as results of old have it
        run(job, workspace, engine)
    assert known_result(job, workspace=workspace) is None
    assert not run(job, workspace, engine).cached
    assert run(job, workspace, engine).cached
    assert len(engine.requests) == 2
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "VERSION", "99")  # a new form, beside which the old one is still true
        assert run(job, workspace, engine).cached


def _lies(request: EditRequest) -> Candidate:
    candidate = paint(request)
    mask = candidate.mask.copy()
    mask[BOX[1], BOX[0] : BOX[0] + 7] = False
    return replace(candidate, mask=mask)


@pytest.mark.parametrize(
    ("painter", "match"),
    [
        (_lies, "changed 7 pixels outside its mask"),
        (lambda r: replace(paint(r), rgb=paint(r).rgb[:-1]), "it gave an image of"),
        (lambda r: replace(paint(r), mask=paint(r).mask.astype(np.uint8)), "its mask is"),
        (lambda r: replace(paint(r), placements=()), "its 0 placements are not those of the job's 1 edits"),
        (raises(EngineError("the plate is not clean")), "the plate is not clean"),
    ],
)
def test_an_engine_that_fails_or_breaks_its_contract(
    job: Job, workspace: Workspace, painter: Painter, match: str
) -> None:
    engine = Engine(painter)
    result = run(job, workspace, engine)
    assert (result.status, result.image, result.delivered) == (Status.FAILED, None, None)
    assert match in result.reason
    assert result.edits[0]["box"] == list(BOX)
    assert run(job, workspace, engine).cached  # it would fail again
    assert len(engine.requests) == 1


def test_a_defect_of_ours_is_logged_and_not_kept(
    job: Job, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Engine(raises(ZeroDivisionError("oops")), paint)
    with caplog.at_level(logging.ERROR):
        result = run(job, workspace, engine)
    assert (result.status, result.image) == (Status.FAILED, None)
    assert result.reason == "internal error: ZeroDivisionError: oops"
    assert caplog.records[0].exc_info is not None
    assert run(job, workspace, engine).status is Status.PASSED


def test_a_source_that_is_no_image(job: Job, workspace: Workspace) -> None:
    name, sha256 = workspace.put_source(b"\x89PNG\r\n\x1a\n and then nothing", "png")
    engine = Engine(paint)
    result = run(replace(job, source=name, source_sha256=sha256), workspace, engine)
    assert result.status is Status.FAILED
    assert "poster" in result.reason
    assert engine.requests == []


def test_a_damaged_workspace_costs_the_job_only_and_is_not_kept(job: Job, workspace: Workspace) -> None:
    workspace.storage.write(job.source, b"something else")
    engine = Engine(paint)
    assert "is not the image that was planned" in run(job, workspace, engine).reason
    assert known_result(job, workspace=workspace) is None


def test_a_server_that_is_down_is_the_callers_business(job: Job, workspace: Workspace) -> None:
    with pytest.raises(EngineUnavailable):
        run(job, workspace, Engine(raises(EngineUnavailable("503"))))
    assert known_result(job, workspace=workspace) is None


def test_missing_copy_is_listed_and_nothing_is_edited(job: Job, workspace: Workspace) -> None:
    engine = Engine(paint)
    result = run(replace(job, locale="ja", missing_copy=("新品上市", "免运费")), workspace, engine)
    assert (result.status, result.image, engine.requests) == (Status.NEEDS_REVIEW, None, [])
    assert "“新品上市”; “免运费”" in result.reason
    assert "ja" in result.reason
    assert workspace.load_result(job.key) is None


def test_many_in_this_process(job: Job, workspace: Workspace, registered: Callable[[Engine], Engine]) -> None:
    engine = registered(Engine(paint, raises(EngineUnavailable("503 from the server"))))
    jobs = [job, replace(job, asset_id="twin"), replace(job, key="z" * 64, asset_id="late")]
    results: list[JobResult] = []
    localize_many(iter(jobs), workspace_uri=workspace.uri, engine="test", workers=1, on_result=results.append)
    assert [(r.asset_id, r.status, r.cached, r.retryable) for r in results] == [
        ("poster", Status.PASSED, False, False),
        ("twin", Status.PASSED, True, False),
        ("late", Status.FAILED, False, True),
    ]
    assert "503 from the server" in results[2].reason
    assert len(engine.requests) == 2


def test_a_workspace_that_refuses_ends_the_batch(
    job: Job, workspace: Workspace, registered: Callable[[Engine], Engine]
) -> None:
    registered(Engine(lambda r: paint(r, files={"../escape": b""})))
    with pytest.raises(StorageError):
        localize_many([job], workspace_uri=workspace.uri, engine="test", on_result=print)


def test_words_that_nobody_approved_are_not_worth_another_attempt(small_campaign: Path) -> None:
    """Another image would have the same words: a model that draws is not paid for three of them."""
    source = (small_campaign / "a.png").read_bytes()
    draft = Edit(Action.TRANSLATE_TEXT, "SALE", "RABATT", draft="nllb 1")
    sha256 = hashlib.sha256(source).hexdigest()
    engine = Engine(lambda request: replace(get_engine("typeset").edit(request), can_retry=True))
    (attempt,) = try_job(
        Job("k" * 64, "a", "de", "en", "", sha256, (draft,)),
        decode(source, name="a"),
        engine=engine,
        brand=BrandKit(),
    )
    assert attempt.status is Status.NEEDS_REVIEW
    assert [c.name for c in attempt.checks if c.status is not CheckStatus.PASSED] == ["copy_policy"]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"left_text": ("LUMÉA",)}, "left as it is, and no person has said that it may stay: “LUMÉA”"),
        ({"doubted_text": ("¥39",)}, "read with little certainty; see that it says so in the source: “¥39”"),
    ],
)
def test_text_that_is_not_settled_keeps_a_good_image_from_passing(
    job: Job, workspace: Workspace, told: dict[str, tuple[str, ...]], said: str
) -> None:
    engine = Engine(lambda request: paint(request, can_retry=True))
    result = run(replace(job, **told), workspace, engine)
    assert (result.status, result.attempts) == (Status.NEEDS_REVIEW, 1)
    assert said in result.reason
    assert [c.status for c in result.checks if c.name == "text_found"] == [CheckStatus.UNDECIDED]
    assert known_result(replace(job, **told), workspace=workspace).status is Status.NEEDS_REVIEW  # type: ignore[union-attr]


def test_a_job_all_of_whose_text_stays_gives_the_source_back(job: Job, workspace: Workspace) -> None:
    result = run(replace(job, edits=()), workspace, get_engine("typeset"))
    assert result.status is Status.PASSED
    assert (pixels(result.image) == pixels(result.source)).all()
