import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service import audit
from service.app import create_app
from service.audit import Audit
from tests.building import indexed, library, makers
from tests.service.writing import HERE, put

QUESTION = "These spasms usually last 60 to 90 seconds"
PATIENT = "zanzibar7q my dad John Smith 943 476 5919"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands in November 2026."""
    return Clock()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a HOME of two leaflets."""
    indexed(tmp_path)
    return tmp_path


@pytest.fixture
def kept(home: Path, clock: Clock) -> Audit:
    """Return the audit of `home`."""
    return Audit(home, clock)


@pytest.fixture
def client(home: Path, kept: Audit) -> Iterator[TestClient]:
    """Return a client on this machine, of an application that keeps an audit."""
    app = create_app(library(home), makers(), audit=kept)
    with TestClient(app, base_url=HERE, client=("127.0.0.1", 50_000)) as opened:
        yield opened


def lines(home: Path, month: str = "2026-11") -> list[dict[str, Any]]:
    """Return the lines of a month."""
    text = (home / "audit" / f"{month}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def ask(client: TestClient, question: str = QUESTION) -> dict[str, Any]:
    """Ask in the native form."""
    found: dict[str, Any] = client.post("/v1/answers", json={"question": question}).json()
    return found


def test_an_answer_is_one_line_with_who_when_and_what_was_shown(
    client: TestClient, home: Path
) -> None:
    """The line names the documents of the citations, and has the response's request id."""
    answered = ask(client)
    (line,) = lines(home)
    shown = {one["document"]["id"] for one in answered["citations"]}
    shown |= {other["document_id"] for one in answered["citations"] for other in one["also_in"]}
    assert set(line["documents"].pop("default")) == shown
    assert line == {
        "before": "",
        "time": "2026-11-23T09:30:00.000+00:00",
        "who": "local",
        "method": "POST",
        "route": "/v1/answers",
        "status": 200,
        "act": "answered",
        "outcome": answered["status"],
        "collections": ["default"],
        "documents": {},
        "request_id": answered["request_id"],
    }


def test_every_dialect_is_audited_alike(client: TestClient, home: Path) -> None:
    """The same question by each dialect and on the page shows the same documents in the audit."""
    message = {"messages": [{"role": "user", "content": QUESTION}], "model": "default"}
    tool = {"name": "search", "arguments": {"query": QUESTION}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": tool}
    accept = {"accept": "application/json, text/event-stream"}
    setting = {"top_k": 5, "score_threshold": 0.0}
    dify = {"knowledge_id": "default", "query": QUESTION, "retrieval_setting": setting}
    for response in (
        client.post("/v1/answers", json={"question": QUESTION}),
        client.post("/v1/answers?format=anthropic", json={"question": QUESTION}),
        client.get("/search", params={"q": QUESTION}),
        client.post("/retrieval", json=dify),
        client.post("/v1/vector_stores/default/search", json={"query": QUESTION}),
        client.post("/v1/chat/completions", json=message),
        client.post("/v1/chat/completions", json={**message, "stream": True}),
        client.post("/mcp", json=call, headers=accept),
    ):
        assert response.status_code == 200, response.text
    written = lines(home)
    assert len(written) == 8
    for line in written:
        assert (line["act"], line["outcome"]) == ("answered", written[0]["outcome"])
        assert line["documents"] == written[0]["documents"]
        assert line["documents"]["default"]


def test_reading_searching_verifying_and_changing_are_audited(
    client: TestClient, home: Path
) -> None:
    """Each has its own word, and the ids of the documents that it was about."""
    citation = ask(client)["citations"][0]
    held = citation["document"]["id"]
    build = client.get("/v1/builds").json()["builds"][0]["id"]
    client.post("/v1/search", json={"question": QUESTION})
    client.get(f"/v1/documents/{held}")
    client.get(f"/documents/{held}")
    client.get(f"/v1/documents/{held}/original")
    client.post("/v1/verify", json=citation)
    put(client, "new.txt", "Visiting hours end at eight.\n")
    client.delete("/v1/documents/new.txt")
    put(client, "new.txt", "Visiting hours end at nine.\n")
    client.delete("/v1/documents/new.txt?erase=true")
    client.post(f"/v1/builds/{build}/activate")
    found = [(line["act"], line["outcome"], line["documents"]) for line in lines(home)[2:]]
    one, new = {"default": [held]}, {"default": ["new.txt"]}
    assert found == [
        ("read", "done", one),
        ("read", "done", one),
        ("original", "done", one),
        ("verified", "done", one),
        ("put", "done", new),
        ("removed", "done", new),
        ("put", "done", new),
        ("erased", "done", new),
        ("activated", "done", {}),
    ]


def test_what_failed_or_was_refused_is_a_line_without_what_was_written(
    client: TestClient, home: Path
) -> None:
    """An id that is not held is a caller's own word, and is not kept."""
    client.delete(f"/v1/documents/{PATIENT}")
    client.delete("/v1/documents/x", headers={"origin": "http://elsewhere.example"})
    failed, refused = lines(home)
    assert (failed["act"], failed["outcome"], failed["status"]) == ("removed", "failed", 404)
    assert (refused["act"], refused["outcome"], refused["status"]) == (None, "refused", 403)
    assert failed["documents"] == refused["documents"] == {}


def test_no_word_of_a_question_is_in_it(client: TestClient, home: Path) -> None:
    """Answered or not, by search or answer."""
    ask(client, PATIENT)
    ask(client, f"{QUESTION} {PATIENT}")
    text = (home / "audit" / "2026-11.jsonl").read_text(encoding="utf-8")
    assert len(text.splitlines()) == 2
    assert not any(word in text for word in [*PATIENT.split(), "usually last"])


def test_pages_without_documents_are_not_audited(client: TestClient, home: Path) -> None:
    """Lists, health and the empty search box show nobody's document."""
    for path in ("/", "/livez", "/readyz", "/v1/collections", "/openapi.json", "/metrics"):
        assert client.get(path).status_code == 200
    assert not (home / "audit").exists()


def test_it_is_for_its_owner_alone_and_a_file_a_month(
    client: TestClient, home: Path, clock: Clock
) -> None:
    """Files are 0600 in a folder 0700; the chain goes on from one month to the next."""
    ask(client)
    clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    ask(client)
    assert stat.S_IMODE((home / "audit").stat().st_mode) == 0o700
    for month in ("2026-11", "2026-12"):
        assert stat.S_IMODE((home / "audit" / f"{month}.jsonl").stat().st_mode) == 0o600
    assert lines(home, "2026-12")[0]["before"] != ""
    assert [one.sound for one in audit.examine(home)] == [True]
    (home / "audit" / "2026-11.jsonl").unlink()  # kept long enough
    assert [one.sound for one in audit.examine(home)] == [True]


@pytest.mark.parametrize("harm", ["changed", "taken out", "added"])
def test_a_line_that_was_tampered_with_is_found(client: TestClient, home: Path, harm: str) -> None:
    """Changed, taken out or added in the middle: the next line does not follow."""
    for _ in range(4):
        ask(client)
    path = home / "audit" / "2026-11.jsonl"
    written = path.read_text(encoding="utf-8").splitlines()
    if harm == "changed":
        written[1] = written[1].replace('"local"', '"other"')
    elif harm == "taken out":
        del written[1]
    else:
        written.insert(1, written[1])
    path.write_text("\n".join(written) + "\n", encoding="utf-8")
    (finding,) = audit.examine(home)
    assert not finding.sound
    assert "2026-11.jsonl, line" in finding.detail


def test_two_processes_write_one_chain(home: Path, clock: Clock) -> None:
    """Each follows what the other wrote."""
    clients = [TestClient(create_app(library(home), audit=Audit(home, clock))) for _ in range(2)]
    for number in range(6):
        ask(clients[number % 2])
    (finding,) = audit.examine(home)
    assert (finding.sound, finding.detail) == (True, "6 lines follow one another")


def test_a_line_cut_off_by_a_crash_breaks_nothing(client: TestClient, home: Path) -> None:
    """The next line begins on its own, follows the stump, and the stump is counted."""
    ask(client)
    with (home / "audit" / "2026-11.jsonl").open("ab") as file:
        file.write(b'{"before": "ab')
    ask(client)
    (finding,) = audit.examine(home)
    assert finding.sound
    assert finding.detail == "3 lines follow one another; 1 cut off when a process died"


def test_where_it_cannot_be_written_answers_go_on_and_the_gap_is_told(
    client: TestClient, home: Path, kept: Audit, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so once, the metrics count it, and the next line says how many are missing."""
    (home / "audit").write_text("a file where the folder should be")
    assert ask(client)["citations"]
    assert ask(client)["citations"]
    assert kept.lost == 2
    assert [one.message for one in caplog.records if "cannot be written" in one.message] != []
    assert len([one for one in caplog.records if one.levelname == "ERROR"]) == 1
    assert "pincite_audit_lines_lost 2.0" in client.get("/metrics").text
    (home / "audit").unlink()
    ask(client)
    ask(client)
    assert [line.get("lost") for line in lines(home)] == [2, None]
