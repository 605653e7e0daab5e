"""Rows find their jobs on disk as they would in memory, wherever they stand and however many they are."""

import csv
import io
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localizer.errors import ManifestError
from localizer.manifest import load_manifest, open_manifest, ordering
from localizer.manifest.records import COLUMNS, JobRows
from localizer.manifest.tabular import TabularRows
from tests.localizer.manifest.in_memory import group_rows

_FEW = {
    "asset_id": ["p", "q", "", " p", "a/b"],
    "image": ["a.png", "./a.png", "b.png", "", "../x"],
    "source_locale": ["", "zh", "zh-CN", "en"],
    "locale": ["ja", "zh-CN", "zh-Hans", "??", ""],
    "action": ["replace_text", "remove_text", "add_text", "fly"],
    "text": ["A", "B", ""],
    "replacement": ["X", "Y", ""],
    "box": ["", "1 2 3 4", "9"],
    "object": [""],
    "attribute": ["", "colour=red", "colour=blue"],
    "rights": [""],
    "instruction": ["", "", "", 'Replace "A" with "X"', "gibberish"],
}
few_rows = st.lists(st.fixed_dictionaries({c: st.sampled_from(v) for c, v in _FEW.items()}), max_size=14)


def comparable(job: JobRows) -> tuple[object, ...]:
    errors = [(error.row, error.field, error.message) for error in job.errors]
    facts = [getattr(job, name) for name in JobRows.__slots__ if name != "errors"]
    return *facts, errors


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=few_rows, order=st.randoms(use_true_random=False))
def test_the_streamed_way_gives_what_the_plain_one_gives(tmp_path_factory, rows, order):
    order.shuffle(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    data = text.getvalue().encode()
    path = tmp_path_factory.getbasetemp() / "ordering.csv"
    path.write_bytes(data)
    if not any(any(cell.strip() for cell in row.values()) for row in rows):
        with pytest.raises(ManifestError, match="no rows"):
            load_manifest(path)
        return
    wanted, warnings = group_rows(TabularRows(io.BytesIO(data), name="ordering.csv"))
    with open_manifest(path) as manifest:
        assert [comparable(job) for job in manifest.jobs] == [comparable(job) for job in wanted]
        assert [w for w in manifest.warnings if "repeats" in w] == list(warnings)
        assert manifest.locales == tuple(sorted({job.locale for job in wanted if job.locale_is_valid}))
        assert [job.rows for job in manifest.jobs] == [job.rows for job in wanted]  # a second time


def write(path, count: int, row) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["asset_id", "image", "locale", "action", "text"])
        writer.writerows(row(n) for n in range(count))


def test_rows_of_one_job_may_stand_thousands_apart(tmp_path):
    path = tmp_path / "m.csv"
    write(path, 6000, lambda n: [f"p{n % 3000}", "a.png", "ja", "remove_text", "A" if n < 3000 else "B"])
    with open_manifest(path) as manifest:
        jobs = list(manifest.jobs)
    assert [job.asset_id for job in jobs] == [f"p{n}" for n in range(3000)]
    assert jobs[7].rows == (9, 3009)
    assert [edit.text for edit in jobs[7].edits] == ["A", "B"]


def test_a_manifest_of_nothing_but_orphans_is_no_slower(tmp_path):
    path = tmp_path / "m.csv"
    write(path, 20_000, lambda n: ["", f"{n % 10_000}.png", "ja", "remove_text", f"A{n}"])
    with open_manifest(path) as manifest:
        jobs = list(manifest.jobs)
    assert len(jobs) == 10_000  # the second with an image belongs to the first
    assert jobs[3].rows == (5, 10_005)


def test_warnings_are_bounded_and_the_rest_is_counted(tmp_path):
    path = tmp_path / "m.csv"
    write(path, 1001, lambda n: ["p", "a.png", "ja", "remove_text", "A"])
    manifest = load_manifest(path)
    assert len(manifest.warnings) == ordering.MAX_WARNINGS + 1
    assert manifest.warnings[0] == "row 3 repeats row 2 and was dropped"
    assert manifest.warnings[-1] == "and 800 more rows repeat others and were dropped"


def test_more_rows_than_the_limit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(ordering, "MAX_ROWS", 10)
    path = tmp_path / "m.csv"
    write(path, 11, lambda n: [f"p{n}", "a.png", "ja", "remove_text", "A"])
    with pytest.raises(ManifestError, match="more than 10 rows; split it"):
        load_manifest(path)


_MEASURE = r"""
import re, sys
from localizer.manifest import open_manifest
with open_manifest(sys.argv[1]) as manifest:
    count = sum(1 for job in manifest.jobs)
# Not ru_maxrss: that counts what the parent held when it forked.
print(count, re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet"])
def test_memory_does_not_grow_with_the_rows(tmp_path, extension):
    import pandas as pd

    peaks = []
    for count in (100, 20_000):
        path = tmp_path / f"m{count}.csv"
        write(path, count, lambda n: [f"p{n}", f"{n}.png", "ja", "remove_text", f"Some text {n} " * 8])
        if extension != "csv":
            frame = pd.read_csv(path)
            path = path.with_suffix(f".{extension}")
            if extension == "jsonl":
                frame.to_json(path, orient="records", lines=True)
            else:
                frame.to_parquet(path, index=False)
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(path)],
            env=os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"},  # others reserve far more than they use
            capture_output=True,
            text=True,
            check=True,
        )
        found, peak = map(int, done.stdout.split())
        assert found == count
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 8 * 1024  # kB: caches of a fixed size; the rows are five times as many
