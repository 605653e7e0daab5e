"""Metrics of a run, by Airflow's own clients, to a real StatsD listener and a real OTLP receiver."""

from __future__ import annotations

import atexit
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from localizer.model import JobResult, Status
from localizer.runs.merging import Counts
from operators import metrics
from tests.receivers import Datagrams, http_receiver, udp_receiver, until

PROJECT = Path(__file__).resolve().parents[2]


def result(number: int, status: Status = Status.PASSED, **changes: Any) -> JobResult:
    made = JobResult(f"k{number}", f"p{number}", "zh-Hant-HK", status, engine="my.engines:Fast", seconds=1.5)
    return made.with_changes(**changes)


def emit() -> None:
    """What the operators of a run of `campaign_moon` emit."""
    counts = Counts()
    for row in (
        result(0),
        result(1, locale="de"),
        result(2, Status.FAILED, engine=""),
        result(3, cached=True),
    ):
        counts.add(row)
    metrics.count_images(counts, "campaign_moon")
    facts = {"calls": [{"cost": 0.25, "currency": "CNY"}, {"cost": 0.5, "currency": "CNY"}]}
    metrics.time_edit(result(0, attempt_log=({"facts": facts},)), "campaign_moon")
    metrics.time_edit(result(3, cached=True), "campaign_moon")
    store: dict[str, Any] = {}
    context: Any = {
        "task_state_store": type("Store", (), {"get": store.get, "set": store.__setitem__}),
        "ti": type("Ti", (), {"dag_id": "campaign_moon"}),
    }
    metrics.person_asked(context)
    metrics.person_asked(context)
    metrics.person_answered(context, datetime.now(UTC) + timedelta(minutes=1), metrics.REVIEW_WAIT)
    metrics.count_published(2, "campaign_moon", moved=True)
    copy = {"zh-Hant-TW": {"approved": 2, "draft": 1}, "zh-Hant": {"approved": 3}, "de": {"missing": 4}}
    metrics.count_copy(copy, {"USD": 0.002}, "campaign_moon")
    metrics.person_answered(context, datetime.now(UTC) + timedelta(minutes=1), metrics.COPY_WAIT)


@pytest.fixture
def backend() -> Iterator[Any]:
    """Airflow's client, set up anew by the test's settings as in a task's process, and put back after."""
    from airflow.sdk.observability import stats
    from airflow.sdk.observability.metrics import stats_utils

    def start() -> None:
        stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)

    yield start
    from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger

    stats.initialize(factory=NoStatsLogger, export_legacy_names=False)


@pytest.fixture
def statsd() -> Iterator[Datagrams]:
    pytest.importorskip("statsd")
    with udp_receiver() as server:
        yield server


def test_statsd_gets_every_name_with_its_tags(
    statsd: Datagrams, backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_HOST", "127.0.0.1")
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_PORT", str(statsd.port))
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED", "True")
    backend()
    emit()
    until(lambda: any("copy.wait," in line for line in statsd.lines))  # the last that is sent
    fast = "campaign=moon,engine=my.engines_Fast"
    waits = [line for line in statsd.lines if ".wait," in line]
    assert sorted(set(statsd.lines) - set(waits)) == [
        "airflow.localizer.copy.cost,campaign=moon,currency=USD:0.002|c",
        "airflow.localizer.copy.strings,campaign=moon,locale=de,state=missing:4|c",
        "airflow.localizer.copy.strings,campaign=moon,locale=zh-Hant,state=approved:5|c",
        "airflow.localizer.copy.strings,campaign=moon,locale=zh-Hant,state=draft:1|c",
        f"airflow.localizer.edit.cost,{fast},currency=CNY:0.75|c",
        f"airflow.localizer.edit.duration,{fast},locale=zh-Hant:1500.000000|ms",
        "airflow.localizer.images.cached,campaign=moon:1|c",
        "airflow.localizer.images.failed,campaign=moon,engine=none,locale=zh-Hant:1|c",
        f"airflow.localizer.images.passed,{fast},locale=de:1|c",
        f"airflow.localizer.images.passed,{fast},locale=zh-Hant:2|c",
        "airflow.localizer.published.objects,campaign=moon:2|c",
        "airflow.localizer.published.releases,campaign=moon:1|c",
    ]
    assert [wait.partition(",")[0].removeprefix("airflow.localizer.") for wait in sorted(waits)] == [
        "copy.wait",
        "review.wait",
    ]
    for wait in waits:
        assert 59_000 < float(wait.partition(":")[2].partition("|")[0]) < 61_000


def test_opentelemetry_gets_them_too(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk._shared.observability.metrics import otel_logger
    from opentelemetry import metrics as otel
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    with http_receiver() as collector:
        collector.usual = b""
        monkeypatch.setenv("AIRFLOW__METRICS__OTEL_ON", "True")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        backend()
        emit()
        provider: Any = otel.get_meter_provider()
        provider.force_flush()
        got: dict[str, set[tuple[tuple[str, str], ...]]] = {}
        for request in collector.requests:
            body = request.body
            if request.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for scope in resource.scope_metrics:
                    for metric in scope.metrics:
                        kind = metric.WhichOneof("data")
                        points = getattr(metric, str(kind)).data_points
                        tags = {tuple((a.key, a.value.string_value) for a in p.attributes) for p in points}
                        got.setdefault(metric.name, set()).update(tags)
        provider.shutdown()
        atexit.unregister(otel_logger.flush_otel_metrics)
    ours = {name: tags for name, tags in got.items() if "localizer" in name}
    missing = {"airflow.localizer.images.needs_review"}  # none did
    assert set(ours) == {f"airflow.{metric.name}" for metric in metrics.METRICS} - missing
    for metric in metrics.METRICS:
        for tags in ours.get(f"airflow.{metric.name}", ()):
            assert {key for key, _ in tags} == set(metric.tags), metric.name


@pytest.mark.parametrize(
    ("locale", "tag"),
    [
        ("de", "de"),
        ("pt-BR", "pt"),
        ("zh-Hans-CN", "zh-Hans"),
        ("zh", "zh"),
        ("und", "und"),
        ("haw", "other"),
    ],
)
def test_a_manifest_cannot_make_up_tags_without_end(locale: str, tag: str) -> None:
    assert metrics.locale_tag(locale) == tag


def test_a_backend_that_breaks_costs_no_image(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr("airflow.sdk.observability.stats.timing", broken)
    metrics.time_edit(result(0), "campaign_moon")
    assert "no route" in caplog.text


def test_the_page_has_the_table_of_the_code() -> None:
    """`python -m operators.metrics` writes it."""
    page = (PROJECT / "operators" / "METRICS.md").read_text("utf-8")
    assert page.endswith("\n" + metrics.table())
    assert {metric.kind for metric in metrics.METRICS} == {metrics.COUNTER, metrics.TIMER}
