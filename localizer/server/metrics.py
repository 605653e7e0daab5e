"""What Prometheus is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_SECONDS = (0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600)


class Metrics:
    """Counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        shared: dict[str, Any] = {"registry": self.registry, "namespace": "localizer_server"}
        self.queue_length = Gauge("queue_length", "Edits waiting for a GPU", **shared)
        self.running = Gauge("running", "Edits on a GPU", **shared)
        self.replicas = Gauge("replicas", "Model replicas that are ready", **shared)
        self.edits = Counter("edits", "Edits that a model made", ["tier"], **shared)
        self.reused = Counter(
            "reused",
            "Requests answered without another edit: joined to a running one, or remembered",
            ["how"],
            **shared,
        )
        self.errors = Counter("errors", "Requests that got an error, by its code", ["code"], **shared)
        self.refused = Counter("refused", "Requests refused because the queue was full", **shared)
        self.cancelled = Counter("cancelled", "Edits stopped because every caller had gone", **shared)
        self.gpu_seconds = Counter(
            "gpu_seconds",
            "Seconds that edits held a replica, failed and stopped ones counted",
            ["tier"],
            **shared,
        )
        self.latency = Histogram(
            "latency_seconds", "From the request to its answer", ["tier"], buckets=_SECONDS, **shared
        )
        self.queued_seconds = Histogram("queued_seconds", "Waiting for a GPU", buckets=_SECONDS, **shared)

    def follow_replicas(self, count: Callable[[], int]) -> None:
        """Ask for the number of ready replicas whenever Prometheus does."""
        self.replicas.set_function(lambda: float(count()))

    def text(self) -> tuple[bytes, str]:
        """The exposition and its content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self.registry), CONTENT_TYPE_LATEST
