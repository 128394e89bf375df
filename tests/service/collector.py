"""A collector of traces: a real HTTP server that keeps what is sent to it, byte for byte."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PATH = "/v1/traces"


class Collector(ThreadingHTTPServer):
    """What came: `headers` and `bodies` of every request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.headers: list[str] = []
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        """Where traces are to be sent."""
        return f"http://127.0.0.1:{self.server_port}{PATH}"

    def spans(self) -> list[Span]:
        """Return every span, in the order of coming."""
        found = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    found += scope.spans
        return found

    def text(self) -> str:
        """Return all that came, as text to be searched."""
        return "\n".join([*self.headers, *(one.decode("utf-8", "replace") for one in self.bodies)])


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Collector)
        server.headers.append(f"{self.path}\n{self.headers}")
        server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def collecting() -> Iterator[Collector]:
    """Collect until the block ends."""
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def attributes(span: Span) -> dict[str, str | int]:
    """Return a span's attributes as plain values."""
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
