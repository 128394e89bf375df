import json
import stat
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.redaction import redact
from service.sightings import Seen, Sighting, Told
from service.unanswered import KeptQuestions, Unanswered
from tests.building import indexed, library
from tests.processes import run
from tests.service.writing import HERE

NOVEMBER, DECEMBER = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
ASKED = "Is there a zebra crossing, 943 476 5919?"
KEPT = "is there a zebra crossing, [nhs number]"


def questions(home: Path, now: datetime = NOVEMBER, callers: int = 3) -> KeptQuestions:
    """Return the kept questions of a HOME at a moment."""
    return KeptQuestions(home, callers, redact, lambda: now)


def seen(
    address: str,
    question: str = ASKED,
    *,
    status: str = "no_answer",
    reason: str | None = "nothing_relevant",
    who: str = "anonymous",
) -> Seen:
    """Return a request in which a question was told something."""
    sighting = Sighting("answered", told=[Told(question, status, reason, None)])
    return Seen("id", "POST", "/v1/answers", 200, 0.1, who, address, "", sighting)


def ask(kept: KeptQuestions, addresses: Iterable[str], question: str = ASKED) -> None:
    """Let a question of each of these addresses go unanswered."""
    for address in addresses:
        kept.write(seen(address, question))


def text(home: Path) -> str:
    """Return all that is kept of questions, key and all."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted(home.glob("questions.*")))


def test_no_word_is_written_before_the_third_caller(tmp_path: Path) -> None:
    """Two callers leave no word on disk and nothing in the report; the third brings it."""
    kept = questions(tmp_path)
    ask(kept, ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2"])
    assert kept.report() == []
    assert "zebra" not in text(tmp_path)
    ask(kept, ["192.0.2.3"])
    assert kept.report() == [Unanswered(KEPT, "2026-11", 3, "no_answer")]
    assert "943" not in text(tmp_path)
    ask(kept, ["192.0.2.4"])
    assert questions(tmp_path).report() == [Unanswered(KEPT, "2026-11", 4, "no_answer")]


def test_one_caller_is_one_however_often_and_however_spelt(tmp_path: Path) -> None:
    """Repeating adds not even a line; case, space and the end of the sentence do not matter."""
    kept = questions(tmp_path)
    ask(kept, ["192.0.2.1"])
    size = len(text(tmp_path))
    ask(kept, ["192.0.2.1"] * 9, f"  {ASKED.upper()}!? ")
    assert len(text(tmp_path)) == size


def test_a_network_of_ipv6_is_one_caller_and_so_is_a_key(tmp_path: Path) -> None:
    """Nobody makes three of one, by the addresses of one machine or with one key."""
    kept = questions(tmp_path)
    ask(kept, [f"2001:db8::{number}" for number in range(5)])
    for number in range(5):
        kept.write(seen(f"192.0.2.{number}", who="0123456789ab"))
    kept.write(seen("unix socket"))
    kept.write(seen(""))
    assert {one.callers for one in kept.report()} == {3}
    assert kept.report() == questions(tmp_path).report()


def test_callers_are_told_apart_within_a_month_alone(tmp_path: Path) -> None:
    """A new month has a new key; the old callers are forgotten, and count for nothing."""
    ask(questions(tmp_path), ["192.0.2.1", "192.0.2.2"])
    before = (tmp_path / "questions.jsonl").read_text(encoding="utf-8")
    old_key = json.loads((tmp_path / "questions.key").read_text(encoding="utf-8"))["key"]
    ask(questions(tmp_path, DECEMBER), ["192.0.2.3"])
    assert questions(tmp_path, DECEMBER).report() == []
    after = text(tmp_path)
    key = json.loads((tmp_path / "questions.key").read_text(encoding="utf-8"))
    assert key["month"] == "2026-12"
    assert key["key"] != old_key
    kept = [json.loads(line) for line in before.splitlines()]
    assert not any(one["by"] in after for one in kept if "by" in one)


def test_the_words_of_earlier_months_stay(tmp_path: Path) -> None:
    """With how many asked; the latest month is reported first."""
    ask(questions(tmp_path), ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"])
    december = questions(tmp_path, DECEMBER)
    ask(december, ["192.0.2.1", "192.0.2.2", "192.0.2.3"], "where do I park")
    assert december.report() == [
        Unanswered("where do i park", "2026-12", 3, "no_answer"),
        Unanswered(KEPT, "2026-11", 4, "no_answer"),
    ]
    assert questions(tmp_path, DECEMBER, callers=4).report() == december.report()[1:]


def test_two_processes_count_together(tmp_path: Path) -> None:
    """Each sees the callers that the other wrote down."""
    one, other = questions(tmp_path), questions(tmp_path)
    ask(one, ["192.0.2.1"])
    ask(other, ["192.0.2.2"])
    ask(one, ["192.0.2.3"])
    ask(other, ["192.0.2.4"])
    assert [entry.callers for entry in one.report()] == [4]
    assert one.report() == other.report()


def test_only_what_was_not_answered_well_is_kept(tmp_path: Path) -> None:
    """Neither an answer, nor what a filter left out, nor what is too short; low confidence is."""
    kept = questions(tmp_path)
    kept.write(seen("192.0.2.1", status="answered", reason=None))
    kept.write(seen("192.0.2.1", reason="filtered_out"))
    kept.write(seen("192.0.2.1", reason="too_short"))
    assert list(tmp_path.iterdir()) == []
    for number in range(3):
        kept.write(seen(f"192.0.2.{number}", status="low_confidence", reason=None))
    assert [one.status for one in kept.report()] == ["low_confidence"]


def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """0600, the key as well."""
    ask(questions(tmp_path), ["192.0.2.1"])
    for name in ("questions.jsonl", "questions.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_line_cut_off_by_a_crash_is_no_line(tmp_path: Path) -> None:
    """What follows takes its place."""
    ask(questions(tmp_path), ["192.0.2.1", "192.0.2.2"])
    with (tmp_path / "questions.jsonl").open("ab") as file:
        file.write(b'{"asked": "0a')
    kept = questions(tmp_path)
    ask(kept, ["192.0.2.3"])
    assert [one.callers for one in kept.report()] == [3]


def test_what_cannot_be_kept_is_said_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder where the file should be: one error in the log, without the question."""
    (tmp_path / "questions.jsonl").mkdir()
    ask(questions(tmp_path), ["192.0.2.1"])
    kept = questions(tmp_path)
    ask(kept, ["192.0.2.1", "192.0.2.2"])
    assert "not kept" in caplog.text
    assert "zebra" not in caplog.text
    assert len(caplog.records) == 2


def test_over_http_the_report_is_for_this_machine(tmp_path: Path) -> None:
    """Three callers' question is reported there; elsewhere it is refused."""
    indexed(tmp_path)
    app = create_app(library(tmp_path), kept=questions(tmp_path))
    for number in range(3):
        caller = TestClient(app, client=(f"192.0.2.{number}", 50_000))
        asked = caller.post("/v1/answers", json={"question": "zebra crossing"})
        assert asked.json()["status"] == "no_answer"
        assert caller.get("/v1/unanswered").status_code == 403
        assert caller.get("/metrics").status_code == 403
    here = TestClient(app, base_url=HERE, client=("127.0.0.1", 50_000))
    found = here.get("/v1/unanswered").json()
    assert found["kept"] is True
    assert found["at_least"] == 3
    assert [(one["question"], one["callers"]) for one in found["questions"]] == [
        ("zebra crossing", 3)
    ]


def test_without_keeping_nothing_is_kept_and_the_report_says_so(tmp_path: Path) -> None:
    """The default: no file, and `kept` is false."""
    indexed(tmp_path)
    app = create_app(library(tmp_path))
    here = TestClient(app, base_url=HERE, client=("127.0.0.1", 50_000))
    here.post("/v1/answers", json={"question": "zebra crossing"})
    assert here.get("/v1/unanswered").json() == {"kept": False, "at_least": None, "questions": []}
    assert not list(tmp_path.glob("questions*"))


def test_in_the_shell(tmp_path: Path) -> None:
    """`pincite unanswered` lists the same, says when there is nothing, and when nothing is kept."""
    assert "PINCITE_KEEP_QUESTIONS is off" in run(tmp_path, "unanswered").stdout
    on = {"PINCITE_KEEP_QUESTIONS": "redacted"}
    ask(questions(tmp_path), ["192.0.2.1", "192.0.2.2"])
    assert "Nothing that 3 distinct callers" in run(tmp_path, "unanswered", **on).stdout
    ask(questions(tmp_path), ["192.0.2.3"])
    assert KEPT in run(tmp_path, "unanswered", **on).stdout
    found = json.loads(run(tmp_path, "unanswered", "--json", **on).stdout)
    assert found["questions"][0]["callers"] == 3
