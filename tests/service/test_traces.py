import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.building import write
from tests.processes import environment, one_line, run, serving
from tests.service.collector import attributes, collecting

QUESTION = {"question": "how long do these spasms last"}
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_request_is_a_span_with_its_stages_inside(tmp_path: Path) -> None:
    """Named by the route's template, a child of the caller's span, each stage within its own."""
    with collecting() as collector:
        home, source = tmp_path / "home", write(tmp_path / "source")
        with (
            serving(home, source, PINCITE_TRACES=collector.url) as served,
            httpx2.Client(base_url=served.url) as client,
        ):
            given = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=zanzibar7q"}
            client.post("/v1/answers", json=QUESTION, headers=given)
            client.get("/documents/zanzibar7q?q=zanzibar7q", headers={"traceparent": "zanzibar7q"})
        # What was under way when the service stopped is sent as well.
        spans = {span.name: span for span in collector.spans()}
    request = spans["POST /v1/answers"]
    assert request.kind == Span.SPAN_KIND_SERVER
    assert request.trace_id.hex() == TRACE
    assert request.parent_span_id.hex() == PARENT
    named = attributes(request)
    assert named.pop("pincite.request_id")
    assert named.pop("pincite.answer.confidence") in {"high", "medium", "low"}
    assert named.pop("pincite.answer.status") in {"answered", "low_confidence"}
    assert named == {
        "http.request.method": "POST",
        "http.route": "/v1/answers",
        "http.response.status_code": 200,
        "pincite.answer.reason": "none",
    }
    answer, encode = spans["answer"], spans["encode"]
    assert answer.parent_span_id == request.span_id
    assert encode.parent_span_id == answer.span_id
    times = [request, answer, encode]
    begun = [one.start_time_unix_nano for one in times]
    ended = [one.end_time_unix_nano for one in times]
    assert begun == sorted(begun)
    assert ended == sorted(ended, reverse=True)
    page = spans["GET /documents/{document_id}"]
    assert page.trace_id.hex() != TRACE
    assert page.parent_span_id == b""
    assert "zanzibar7q" not in collector.text()


def test_a_defect_is_an_error_without_its_words(tmp_path: Path) -> None:
    """The span has the status 500, no event and no message."""
    settings = {"PINCITE_ENCODER": "tests.service.defective:open_defective"}
    with collecting() as collector:
        settings["PINCITE_TRACES"] = collector.url
        with serving(tmp_path / "home", write(tmp_path / "source"), **settings) as served:
            httpx2.post(f"{served.url}/v1/answers", json=QUESTION)
        spans = {span.name: span for span in collector.spans()}
    request = spans["POST /v1/answers"]
    assert request.status == Status(code=Status.STATUS_CODE_ERROR)
    assert attributes(request)["error.type"] == "500"
    assert not any(span.events for span in spans.values())
    assert "spasms" not in collector.text()


def test_a_collector_that_is_gone_costs_no_answer(tmp_path: Path) -> None:
    """Answers come as before, the service stops in time, and the log names what is wrong."""
    with collecting() as collector:
        gone = collector.url
    source = write(tmp_path / "source")
    with serving(tmp_path / "home", source, PINCITE_TRACES=gone) as served:
        assert httpx2.post(f"{served.url}/v1/answers", json=QUESTION).status_code == 200
    assert served.process.returncode == 0
    assert "Traceback" not in served.log("export")


def test_without_the_library_the_command_is_told(tmp_path: Path) -> None:
    """One line that ends in the command that installs it; nothing is served."""
    code = (
        "import sys\n"
        "sys.modules['opentelemetry.sdk'] = None\n"
        "from service.cli import main\n"
        "sys.argv = ['pincite', 'serve', '--port', '0']\n"
        "main()\n"
    )
    variables = environment(tmp_path, PINCITE_TRACES="http://127.0.0.1:9/v1/traces")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1].endswith("pip install 'pincite[telemetry]'")
    assert "Pincite answers" not in done.stderr


@pytest.mark.parametrize("url", ["collector:4318", "http://name:word@collector:4318/", "on"])
def test_what_is_no_collectors_url_is_refused(tmp_path: Path, url: str) -> None:
    """Also one with a password in it: a header has room for that."""
    done = run(tmp_path, "builds", "list", PINCITE_TRACES=url)
    assert done.returncode == 1
    assert "PINCITE_TRACES" in one_line(done.stderr)
