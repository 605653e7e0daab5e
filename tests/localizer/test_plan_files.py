from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from localizer.errors import ObjectNotFound, StorageError
from localizer.model import Action, Edit, Job, JobResult, Status
from localizer.plan_files import Plan, PlanReader, PlanWriter, write_plan
from localizer.workspace import Workspace


def job(number: int) -> Job:
    edit = Edit(Action.REPLACE_TEXT, text="大促\u2028", replacement="SALE", box=(1, 2, 3, 4), row=number + 2)
    return Job(f"{number:064d}", f"p{number}", "ja", "zh", "sources/s.png", "0" * 64, (edit,))


def wrong(number: int) -> JobResult:
    return JobResult(f"{number:064d}", f"bad{number}", "ja", Status.FAILED, reason=f"row {number}, image: –")


def read(path: Path) -> PlanReader:
    return PlanReader(path.open("rb"), name=str(path))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plan.parquet"


def test_what_was_added_is_read_back_in_any_range(path: Path) -> None:
    with PlanWriter(path, campaign="春") as writer:
        for number in range(1203):
            if number % 100 == 7:
                writer.reject(wrong(number))
            writer.add(job(number))
        writer.finish(out_of_scope=((f"p{n}", "ko") for n in range(700)), warnings=["column x is unknown"])
        assert (writer.count, writer.rejected) == (1203, 12)
    jobs = [job(n) for n in range(1203)]
    with read(path) as plan:
        assert (plan.campaign, plan.count, plan.rejected_count) == ("春", 1203, 12)
        assert plan.digest == writer.digest
        assert plan.warnings == ("column x is unknown",)
        assert plan.out_of_scope == tuple((f"p{n}", "ko") for n in range(700))
        assert list(plan.rejected()) == [wrong(n) for n in range(7, 1203, 100)]
        for start, stop in [(0, None), (0, 0), (3, 5), (499, 501), (500, 1000), (990, 1203), (1100, 9999)]:
            assert list(plan.jobs(start, stop)) == jobs[start:stop]
        assert list(plan.slots(1000, 1002)) == [(jobs[n].key, f"p{n}", "ja") for n in (1000, 1001)]


def test_entries_come_in_the_order_in_which_they_were_added(path: Path) -> None:
    with PlanWriter(path, campaign="c") as writer:
        for number in range(1100):
            (writer.reject(wrong(number)) if number % 3 else writer.add(job(number)))
        writer.finish()
    with read(path) as plan:
        assert list(plan.entries()) == [wrong(n) if n % 3 else job(n) for n in range(1100)]


def test_an_empty_plan_is_a_plan(path: Path) -> None:
    write_plan(Plan("c", ()), path)
    with read(path) as plan:
        assert (plan.count, plan.rejected_count, plan.out_of_scope, plan.warnings) == (0, 0, (), ())
        assert list(plan.entries()) == []


def test_the_digest_tells_plans_apart(path: Path) -> None:
    def digest(*jobs: Job) -> str:
        write_plan(Plan("c", jobs), path)
        with read(path) as plan:
            return plan.digest

    assert digest(job(1), job(2)) == digest(job(1), job(2))
    assert len({digest(job(1), job(2)), digest(job(2), job(1)), digest(job(1)), digest()}) == 4


def test_a_writer_that_did_not_finish_leaves_no_file(path: Path) -> None:
    with PlanWriter(path, campaign="c") as writer:
        writer.add(job(1))
    assert not path.exists()


def test_a_disk_that_takes_no_more_is_told(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # as a full disk, but for this process only
    try:
        with pytest.raises(StorageError, match="cannot be written"):
            write_plan(Plan("c", tuple(map(job, range(5000)))), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not path.exists()


@pytest.mark.parametrize("data", [b"", b"PAR1", b"x" * 100])
def test_what_is_no_plan_is_told(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(StorageError, match="plan the run again"):
        read(path)


def test_damage_anywhere_is_told(path: Path) -> None:
    write_plan(Plan("c", tuple(map(job, range(600))), (wrong(0),), (("a", "ja"),)), path)
    whole = path.read_bytes()
    told = 0
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    # The footer more closely: what it says of the pages has no checksum of Parquet's.
    for place in (*range(4, footer, 97), *range(footer, len(whole), 7)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            with read(path) as plan:
                found = list(plan.entries()), plan.out_of_scope
        except StorageError:
            told += 1
        else:  # a byte that carries nothing, such as a statistic
            assert found == ([wrong(0), *map(job, range(600))], (("a", "ja"),))
    assert told > 10


def test_a_plan_of_another_format_is_told(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"kind": ["job"]}).replace_schema_metadata({b"format": b"1"}), path)
    with pytest.raises(StorageError, match="another format version"):
        read(path)


def test_a_run_keeps_its_plan(storage_uri: str) -> None:
    run = Workspace.open(storage_uri).run("manual__2026-11-22T00:00:00+00:00")
    with pytest.raises(ObjectNotFound):
        run.plan()
    plan = Plan("c", (job(1), job(2)), (wrong(3),), (("a", "ko"),), ("w",))
    run.save_plan(plan)
    assert run.load_plan() == plan
    with run.plan() as reader:
        assert list(reader.jobs(1)) == [job(2)]


def test_writing_a_plan_does_not_import_pandas(tmp_path: Path) -> None:
    # Half a second and 40 MB in every run and every Airflow task that plans.
    program = (
        "import sys, pathlib; from localizer.plan_files import PlanWriter\n"
        "with PlanWriter(pathlib.Path(sys.argv[1]), campaign='c') as plan:\n"
        "    plan.finish(out_of_scope=[('a', 'de')])\n"
        "assert 'pandas' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "plan.parquet")], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
