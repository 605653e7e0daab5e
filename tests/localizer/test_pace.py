from __future__ import annotations

from pathlib import Path

from localizer.engines.typeset import TypesetEngine
from localizer.model import JobResult, Status
from localizer.pace import Pace, measured, pace_name
from localizer.storage import Storage
from localizer.storage.local import LocalStorage


def result(seconds: float, **changes: object) -> JobResult:
    return JobResult("k", "a", "ja", Status.PASSED, image="x.png", seconds=seconds).with_changes(**changes)


def pace_of(*results: JobResult) -> Pace:
    pace = Pace()
    for each in results:
        pace.add(each)
    return pace


def seconds_an_image(storage: Storage, name: str) -> float | None:
    record = measured(storage, name)
    return record.seconds if record else None


def test_the_median_of_what_was_edited_counts(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    assert seconds_an_image(storage, "pace/a.json") is None
    pace = pace_of(
        *map(result, (2.0, 2.1, 1.9, 600.0)),
        *[result(0.001, cached=True)] * 50,
        result(0.5, image=None, status=Status.FAILED),
    )
    assert pace.save(storage, "pace/a.json") == 2.05
    assert seconds_an_image(storage, "pace/a.json") == 2.05
    assert seconds_an_image(storage, "pace/b.json") is None


def test_too_few_images_say_nothing(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    assert pace_of(result(2.0), result(2.0)).save(storage, "pace/a.json") is None
    assert seconds_an_image(storage, "pace/a.json") is None


def test_a_new_machine_is_learned_in_a_run_or_two(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    pace_of(*[result(8.0)] * 5000).save(storage, "pace/a.json")
    pace_of(*[result(2.0)] * 20).save(storage, "pace/a.json")
    assert 7 < (seconds_an_image(storage, "pace/a.json") or 0) < 8
    pace_of(*[result(2.0)] * 1000).save(storage, "pace/a.json")
    assert 2 < (seconds_an_image(storage, "pace/a.json") or 0) < 3.1


def test_a_damaged_record_is_measured_anew(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    for damaged in (b"", b"[]", b'{"seconds": "soon", "images": 3}', b'{"seconds": -1, "images": 3}'):
        storage.write("pace/a.json", damaged)
        assert seconds_an_image(storage, "pace/a.json") is None
        assert pace_of(*[result(2.0)] * 3).save(storage, "pace/a.json") == 2.0


def test_each_engine_and_its_parameters_have_a_pace_of_their_own() -> None:
    class Other(TypesetEngine):
        version = "another"

    assert pace_name(TypesetEngine()) == pace_name(TypesetEngine())
    assert pace_name(TypesetEngine()) != pace_name(Other())
