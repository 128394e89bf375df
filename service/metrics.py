"""What is counted, in Prometheus's text form. The one module that knows its client.

No label is ever a caller's word: routes are templates, methods and statuses those that there are.
"""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from index.errors import RetrievalError
from index.manifest import Manifest
from service.audit import Audit
from service.desk import Desk
from service.errors import ServiceError
from service.library import Library
from service.sightings import Seen

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


class Metrics:
    """The counters of one application, in a registry of their own."""

    def __init__(self, library: Library, desk: Desk | None, audit: Audit | None) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "pincite_http_requests",
            "Requests, by route template.",
            ("route", "method", "status"),
            registry=registry,
        )
        self._durations = Histogram(
            "pincite_http_request_duration_seconds",
            "How long requests took.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._answers = Counter(
            "pincite_answers",
            "Answers, by their status, their confidence and the reason for none.",
            ("status", "confidence", "reason"),
            registry=registry,
        )
        self._stages = Histogram(
            "pincite_stage_duration_seconds",
            "How long an answer or search took as a whole, the models in it, the wait before.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        waiting = Gauge(
            "pincite_changes_waiting", "Uploads and removals in line.", registry=registry
        )
        waiting.set_function(lambda: desk.waiting if desk else 0)
        lost = Gauge(
            "pincite_audit_lines_lost", "Since the start, for want of a disk.", registry=registry
        )
        lost.set_function(lambda: audit.lost if audit else 0)
        registry.register(_Holdings(library))
        ProcessCollector(registry=registry)

    def write(self, seen: Seen) -> None:
        """Count a request that is over."""
        self._requests.labels(seen.route, seen.method, str(seen.status)).inc()
        self._durations.labels(seen.route).observe(seen.seconds)
        for one in seen.sighting.told:
            self._answers.labels(one.status, one.bucket or "none", one.reason or "none").inc()
        for stage in seen.sighting.stages:
            self._stages.labels(stage.name).observe(stage.seconds)

    def text(self) -> bytes:
        """Return everything as Prometheus reads it."""
        return generate_latest(self._registry)


class _Holdings(Collector):
    """What is served, looked up when it is asked for."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        served = _family("pincite_collection_served", "1 where a build is open, else 0.")
        documents = _family("pincite_documents", "Documents in the served build.")
        sentences = _family("pincite_sentences", "Sentences in the served build.")
        skipped = _family("pincite_skipped_files", "Files that could not be read for it.")
        made = _family("pincite_build_timestamp_seconds", "When the served build was made.")
        kept = _family("pincite_kept_builds", "Builds on disk.")
        for name in self._library.names():
            try:
                manifest: Manifest = self._library.retriever(name).manifest
                builds = self._library.collection(name).builds()
            except (RetrievalError, ServiceError):
                served.add_metric([name], 0)
                continue
            served.add_metric([name], 1)
            documents.add_metric([name], manifest.counts.documents)
            sentences.add_metric([name], manifest.counts.sentences)
            skipped.add_metric([name], manifest.counts.skipped)
            made.add_metric([name], datetime.fromisoformat(manifest.created_at).timestamp())
            kept.add_metric([name], len(builds))
        yield from (served, documents, sentences, skipped, made, kept)


def _family(name: str, what: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, labels=["collection"])
