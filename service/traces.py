"""Spans of requests, sent by OTLP over HTTP. The one module that knows OpenTelemetry.

Imported only where a setting asks for it. Nothing is instrumented, and there is no global provider
for a library to write to: a request's spans are made when it is over, of the very values that the
metrics count. No attribute, event or exception can bring along a word that is not in them.
"""

import time
from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.sightings import Seen, Stage
from service.version import VERSION

_NANOSECONDS = 1_000_000_000
_OURS = 500


class Traces:
    """A record of requests that are over, each as a span with its stages inside.

    `endpoint` is a collector's URL with its path. A background thread sends; a collector that is
    slow or gone costs spans and a line in the log, never an answer.
    """

    def __init__(self, endpoint: str) -> None:
        resource = Resource.create({"service.name": "pincite", "service.version": VERSION})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
        self._tracer = self._provider.get_tracer("pincite", VERSION)

    def write(self, seen: Seen) -> None:
        """Make the spans of a request that is over; the sender takes them from there."""
        ended = time.time_ns()
        began = ended - _nanoseconds(seen.seconds)
        method = "_OTHER" if seen.method == "-" else seen.method
        span = self._tracer.start_span(
            method if seen.route == "-" else f"{method} {seen.route}",
            _caller(seen.traceparent),
            SpanKind.SERVER,
            _attributes(seen, method),
            start_time=began,
        )
        if seen.status >= _OURS:
            span.set_status(Status(StatusCode.ERROR))
        self._write_stages(seen.sighting.stages, began, set_span_in_context(span))
        span.end(ended)

    def _write_stages(self, stages: Sequence[Stage], began: int, request: Context) -> None:
        """Make the spans of the stages; one that lies within another is its child."""
        around: list[tuple[float, Context]] = []
        for stage in sorted(stages, key=lambda one: (one.began, -one.seconds)):
            ends = stage.began + stage.seconds
            while around and around[-1][0] < ends:
                around.pop()
            start = began + _nanoseconds(stage.began)
            parent = around[-1][1] if around else request
            span = self._tracer.start_span(stage.name, parent, start_time=start)
            span.end(start + _nanoseconds(stage.seconds))
            around.append((ends, set_span_in_context(span)))

    def close(self) -> None:
        """Send what is left, and stop."""
        self._provider.shutdown()


def _caller(traceparent: str) -> Context:
    """Return the caller's span, as W3C's Trace Context names it, to be its child.

    Its `tracestate` and `baggage` are left alone: they may be any words.
    """
    return TraceContextTextMapPropagator().extract({"traceparent": traceparent}, Context())


def _attributes(seen: Seen, method: str) -> dict[str, str | int]:
    """Name a request as OpenTelemetry's conventions do, and what it was told in words of ours."""
    named: dict[str, str | int] = {
        "http.request.method": method,
        "http.response.status_code": seen.status,
        "pincite.request_id": seen.request_id,
    }
    if seen.route != "-":
        named["http.route"] = seen.route
    if seen.status >= _OURS:
        named["error.type"] = str(seen.status)
    for one in seen.sighting.told:
        named["pincite.answer.status"] = one.status
        named["pincite.answer.confidence"] = one.bucket or "none"
        named["pincite.answer.reason"] = one.reason or "none"
    return named


def _nanoseconds(seconds: float) -> int:
    return round(seconds * _NANOSECONDS)
