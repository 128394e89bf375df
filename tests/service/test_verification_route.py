import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.building import indexed
from tests.processes import one_line, run
from tests.service.problems import check_problem
from tests.service.writing import at_the_desk, put


def test_an_answer_is_verified_over_http_and_in_the_shell(tmp_path: Path) -> None:
    """A whole answer, its list of citations, and one of them; statuses 0 and 1."""
    home = tmp_path / "home"
    indexed(home)
    client = at_the_desk(home)
    answer = client.post("/v1/search", json={"question": "how long do these spasms last"}).json()
    citations = answer["citations"]
    for sent in (answer, citations, citations[0], {"citations": citations}):
        body = client.post("/v1/verify", json=sent).json()
        assert body["holds"] is True
        assert {one["status"] for one in body["results"]} == {"exact"}
    first = body["results"][0]
    assert set(first) == {"id", "status", "detail", "similarity", "citation"}
    standing = first["citation"]
    assert standing == {name: value for name, value in citations[0].items() if name in standing}
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer), encoding="utf-8")
    done = run(home, "verify", file)
    assert done.returncode == 0, done.stderr
    assert "c1\texact" in done.stdout
    document_id = citations[0]["document"]["id"]
    put(client, document_id, "These cramps usually last 60 to 90 seconds.\n")
    done = run(home, "verify", file, "--json")
    assert done.returncode == 1
    body = json.loads(done.stdout)
    assert body == client.post("/v1/verify", json=answer).json()
    assert body["results"][0]["status"] == "changed"
    assert body["results"][0]["citation"]["quote"].startswith("These cramps")
    assert body["holds"] is False


GOOD: dict[str, Any] = {
    "quote": "zanzibar7q",
    "document": {"id": "a"},
    "offsets": {"start": 0, "end": 10},
}
BAD = [
    pytest.param({}, "citations", id="nothing"),
    pytest.param(None, "", id="null"),
    pytest.param(5, "", id="a number"),
    pytest.param("zanzibar7q", "", id="a text"),
    pytest.param({"citations": None}, "citations", id="no list"),
    pytest.param([5], "citations/0", id="a list of numbers"),
    pytest.param([GOOD] * 201, "citations", id="201"),
    pytest.param(GOOD | {"quote": ""}, "citations/0/quote", id="no quote"),
    pytest.param(GOOD | {"quote": 5}, "citations/0/quote", id="quote a number"),
    pytest.param(GOOD | {"quote": "a" * 10_001}, "citations/0/quote", id="a long quote"),
    pytest.param(GOOD | {"document": {}}, "citations/0/document/id", id="no id"),
    pytest.param(GOOD | {"document": "a"}, "citations/0/document", id="document a text"),
    pytest.param(GOOD | {"offsets": {"start": 0}}, "citations/0/offsets/end", id="no end"),
    pytest.param(GOOD | {"offsets": {"start": 5, "end": 5}}, "citations/0/offsets", id="empty"),
    pytest.param(
        GOOD | {"offsets": {"start": -1, "end": 5}}, "citations/0/offsets/start", id="below 0"
    ),
    pytest.param(
        GOOD | {"offsets": {"start": 0, "end": 10**400}}, "citations/0/offsets/end", id="huge"
    ),
    pytest.param(
        GOOD | {"offsets": {"start": "0", "end": 5}}, "citations/0/offsets/start", id="a text"
    ),
]


def post_json(client: TestClient, body: object) -> Response:
    """Send any JSON value to be verified, also null."""
    headers = {"content-type": "application/json"}
    return client.post("/v1/verify", content=json.dumps(body), headers=headers)


@pytest.mark.parametrize(("body", "where"), BAD)
def test_a_citation_that_is_none_is_told_where(
    client: TestClient, tmp_path: Path, body: object, where: str
) -> None:
    """422 with the field, exit status 1 with the same on one line; no word of it repeated."""
    response = post_json(client, body)
    assert response.status_code == 422
    check_problem(response.json(), 422)
    assert any(where in one["pointer"] for one in response.json()["errors"])
    assert "zanzibar7q" not in response.text
    file = tmp_path / "a.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    done = run(tmp_path / "home", "verify", file)
    assert done.returncode == 1
    assert where in one_line(done.stderr)
    assert "zanzibar7q" not in done.stderr


@pytest.mark.parametrize("text", ['{"quote": "a', "\ud800".encode("utf-8", "surrogatepass"), b""])
def test_a_file_that_is_no_json_is_a_known_fault(tmp_path: Path, text: str | bytes) -> None:
    """One line that says so."""
    file = tmp_path / "a.json"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    done = run(tmp_path / "home", "verify", file)
    assert done.returncode == 1
    assert "not JSON" in one_line(done.stderr)


def test_fields_of_another_version_are_let_be(client: TestClient) -> None:
    """A newer or older service's citation has others; what is needed is there."""
    more = GOOD | {"colour": "red", "page": {"of": 7}, "document": {"id": "a", "author": None}}
    body = client.post("/v1/verify", json=more).json()
    assert [one["status"] for one in body["results"]] == ["gone"]
    assert client.post("/v1/verify", json={"citations": []}).json() == {
        "holds": True,
        "results": [],
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ODD = st.fixed_dictionaries(
    {},
    optional={
        "quote": st.text(max_size=20) | JSON,
        "document": st.fixed_dictionaries(
            {}, optional={"id": st.text() | JSON, "uri": st.text() | JSON, "sha256": JSON}
        )
        | JSON,
        "offsets": st.fixed_dictionaries(
            {}, optional={"start": st.integers() | JSON, "end": st.integers() | JSON}
        )
        | JSON,
        "prefix": JSON,
        "collection": st.text() | JSON,
    },
)


@given(st.lists(ODD, max_size=3) | ODD | JSON)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_is_a_500(client: TestClient, body: object) -> None:
    """200 or 422, whatever is sent."""
    assert post_json(client, body).status_code in {200, 422}


@given(st.text(min_size=1, max_size=30), st.integers(0, 200), st.integers(1, 50))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_claim_on_a_document_is_a_500(
    client: TestClient, quote: str, start: int, length: int
) -> None:
    """Quotes and offsets that were never ours are judged all the same."""
    for card in client.get("/v1/documents").json()["documents"]:
        claim = {
            "quote": quote,
            "document": {"id": card["id"], "sha256": card["sha256"]},
            "offsets": {"start": start, "end": start + length},
        }
        response = client.post("/v1/verify", json=claim)
        assert response.status_code == 200, response.text
