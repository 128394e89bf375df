import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from tests.building import indexed, library, makers
from tests.service.writing import HERE, put


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """Return a client on this machine of a service over two leaflets."""
    indexed(tmp_path)
    app = create_app(library(tmp_path), makers())
    return TestClient(app, base_url=HERE, client=("127.0.0.1", 50_000))


def value(client: TestClient, name: str) -> float:
    """Return the value of one sample, named with its labels."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    assert found, name
    return float(found[1])


def test_requests_are_counted_by_route_template(client: TestClient) -> None:
    """By method and status; what has no route, or no known method, has a name of ours."""
    for _ in range(3):
        client.get("/v1/documents/zanzibar7q")
    client.get("/zanzibar7q")
    client.request("ZANZIBAR7Q", "/v1/answers")
    text = client.get("/metrics").text
    route = 'pincite_http_requests_total{method="GET",route="/v1/documents/{document_id}"'
    assert f'{route},status="404"}} 3.0' in text
    assert 'method="GET",route="-",status="404"} 1.0' in text
    assert 'method="-"' in text
    assert "zanzibar7q" not in text.casefold()


def test_answers_are_counted_by_what_they_were(client: TestClient) -> None:
    """By status, confidence and reason, with a duration each."""
    client.post("/v1/answers", json={"question": "zebra crossing"})
    client.post("/v1/answers", json={"question": "These spasms usually last 60 to 90 seconds"})
    none = 'pincite_answers_total{confidence="none",reason="nothing_relevant",status="no_answer"}'
    assert value(client, none) == 1
    assert re.search(
        r'pincite_answers_total{confidence="\w+",reason="none",status="answered"} 1.0',
        client.get("/metrics").text,
    )
    assert value(client, 'pincite_stage_duration_seconds_count{stage="answer"}') == 2


def test_what_is_served_is_told(client: TestClient) -> None:
    """Documents, sentences, skipped files, the build's age, kept builds, memory."""
    assert value(client, 'pincite_documents{collection="default"}') == 2
    put(client, "new.txt", "Visiting hours end at eight.\n")
    assert value(client, 'pincite_documents{collection="default"}') == 3
    assert value(client, 'pincite_kept_builds{collection="default"}') == 2
    assert value(client, 'pincite_skipped_files{collection="default"}') == 0
    assert value(client, 'pincite_build_timestamp_seconds{collection="default"}') > 1.7e9
    assert value(client, 'pincite_collection_served{collection="default"}') == 1
    assert value(client, "pincite_changes_waiting") == 0
    assert value(client, "process_resident_memory_bytes") > 1e6


def test_each_application_counts_for_itself(client: TestClient, tmp_path: Path) -> None:
    """Two in one process do not share a registry."""
    client.post("/v1/answers", json={"question": "zebra crossing"})
    other = create_app(library(tmp_path))
    text = TestClient(other, base_url=HERE, client=("127.0.0.1", 50_000)).get("/metrics").text
    assert "pincite_answers_total{" not in text
