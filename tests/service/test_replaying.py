import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.collection import Collection, Folders
from index.encoders.hashing import HashingEncoder
from index.ranking import Options
from service.errors import RequestError
from service.replaying import KeptBuilds, Outcome, Pinned, replay
from service.schemas.asking import check
from service.schemas.replaying import Saved
from tests.building import index, indexed, write
from tests.processes import one_line, run
from tests.service.writing import at_the_desk, put

QUESTION = "how long do these spasms last"


def opener(home: Path, **more: Any) -> Callable[[Pinned], KeptBuilds]:  # noqa: ANN401 - as KeptBuilds'
    """Return a function that opens kept builds without a model."""
    return lambda pinned: KeptBuilds(home, pinned, HashingEncoder(), **more)


def again(home: Path, saved: object, question: str = QUESTION, **more: Any) -> Outcome:  # noqa: ANN401
    """Replay what was saved."""
    return replay(Folders(home), check(Saved, saved), question, opener(home, **more))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a HOME of two collections."""
    indexed(tmp_path)
    indexed(tmp_path, {"rules.txt": "Ward rules\n\nVisiting hours end at eight.\n"}, "staff")
    return tmp_path


def ask(home: Path, **request: object) -> Any:  # noqa: ANN401 - JSON
    """Return an answer's or a search's body as it came over HTTP."""
    route = str(request.pop("route", "/v1/search"))
    found = at_the_desk(home).post(route, json={"question": QUESTION, **request})
    assert found.status_code == 200
    return found.json()


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"route": "/v1/answers"},
        {"collections": ["staff"]},
        {"collections": ["staff", "default"], "top_k": 2, "mode": "lexical"},
        {"context": {"before": 0, "after": 3}, "explain": True},
        {"route": "/v1/answers", "min_confidence": "high", "mode": "dense"},
    ],
)
def test_an_answer_is_made_again_letter_by_letter(home: Path, request_: dict[str, object]) -> None:
    """From the answer and the question alone, whatever else was asked, and after later builds."""
    body = ask(home, **request_)
    put(at_the_desk(home), "later", "These spasms usually last two hours.\n")
    assert ask(home, **request_) != body
    outcome = again(home, body)
    assert (outcome.reasons, outcome.differences) == ((), ())
    assert outcome.same
    assert outcome.compared
    assert outcome.answer is not None
    kept = {name: value for name, value in body.items() if name not in {"request_id", "took_ms"}}
    assert kept.items() <= outcome.answer.items()


def test_a_receipt_alone_is_enough_to_make_the_answer(home: Path) -> None:
    """There is nothing to compare with, and it says so."""
    body = ask(home, route="/v1/answers", top_k=3)
    outcome = again(home, body["receipt"])
    assert (outcome.same, outcome.compared) == (True, False)
    assert outcome.answer is not None
    assert outcome.answer["citations"] == body["citations"]


def test_a_receipt_without_the_request_needs_it(home: Path) -> None:
    """As older versions wrote them: the request beside it, or the default one, is taken."""
    body = ask(home, top_k=2)
    older = copy.deepcopy(body)
    del older["receipt"]["asked"]
    asked = {"question": "not read", "top_k": 2, "explain": False}
    with_it = again(home, {"request": asked, "response": older})
    assert with_it.differences == ("/receipt/asked: was not given",)
    without = again(home, older)
    assert not without.same
    assert any(one.startswith("parameters: ") for one in without.reasons)


def test_another_question_is_seen(home: Path) -> None:
    """Nothing it was made with differs, but the answer does."""
    outcome = again(home, ask(home), "when do visiting hours end")
    assert outcome.reasons == ()
    assert any(one.startswith("/citations/0/quote: ") for one in outcome.differences)


def test_a_tampered_answer_is_seen(home: Path) -> None:
    """One letter of a quote, one offset: pointed at."""
    body = ask(home)
    body["citations"][0]["quote"] += "!"
    body["citations"][1]["offsets"]["start"] += 1
    outcome = again(home, body)
    assert [one.split(":")[0] for one in outcome.differences] == [
        "/citations/0/quote",
        "/citations/1/offsets/start",
    ]


def test_a_pruned_build_is_named(home: Path) -> None:
    """It cannot be made again, and nothing is guessed from the build that is published."""
    body = ask(home, collections=["default"])
    collection = Collection(home, "default")
    index(home, write(home / "source-default", {"new.txt": "A new rule.\n"}))
    with collection.writing():
        assert collection.prune(1) == [body["receipt"]["build"]]
    outcome = again(home, body)
    assert outcome.answer is None
    (reason,) = outcome.reasons
    assert reason == (
        f"build: {body['receipt']['build']} of the collection 'default' is not kept; "
        "it was pruned or erased"
    )


def test_another_index_under_the_same_name_is_named(home: Path) -> None:
    """Its hash is not the receipt's."""
    body = ask(home, collections=["default"])
    body["receipt"]["index_sha256"] = "0" * 64
    outcome = again(home, body)
    assert any("is not the index that answered" in one for one in outcome.reasons)
    assert not outcome.same


def test_a_damaged_build_cannot_answer_again(home: Path) -> None:
    """The file is named."""
    body = ask(home, collections=["default"])
    path = Collection(home, "default").published().layout.vectors
    path.write_bytes(path.read_bytes()[:-1])
    outcome = again(home, body)
    assert outcome.answer is None
    assert any("vectors.npy: damaged" in one for one in outcome.reasons)


def test_another_encoder_is_named(home: Path) -> None:
    """It cannot be asked with another than it was built with."""
    body = ask(home)
    other = replay(
        Folders(home),
        check(Saved, body),
        QUESTION,
        lambda pinned: KeptBuilds(home, pinned, HashingEncoder(32)),
    )
    assert other.answer is None
    assert any("built with the encoder" in one for one in other.reasons)


def test_other_settings_and_versions_are_named(home: Path) -> None:
    """Which of the two it is that differs."""
    body = ask(home)
    settings = again(home, body, options=Options(context=False))
    assert [one for one in settings.reasons if one.startswith("parameters: the settings")]
    request = again(home, {"request": {"top_k": 1}, "response": body})
    assert "parameters: the request is another than the receipt's in top_k" in request.reasons
    body["receipt"]["version"] = "0.0.1"
    version = again(home, body)
    assert version.reasons[0].startswith("version: made by 0.0.1, this is ")
    assert version.differences[0].startswith("/receipt/version: '0.0.1' then, ")


def test_a_new_calibration_is_named(home: Path) -> None:
    """Thresholds are parameters."""
    body = ask(home, route="/v1/answers", collections=["default"])
    levels = [{"bucket": "low", "from_score": 0.9, "right": 1, "questions": 2}]
    calibration = {"mode": "hybrid", "encoder": body["receipt"]["encoder"], "levels": levels}
    path = Collection(home, "default").published().layout.calibration
    path.write_text(json.dumps(calibration | {"refused_right": 1, "refused": 2}), encoding="utf-8")
    assert any("calibration" in one for one in again(home, body).reasons)


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        ({}, "receipt"),
        ([], "dictionary"),
        (None, "dictionary"),
        ({"receipt": {"build": ""}, "citations": []}, "receipt"),
        ({"build": ",,", "index_sha256": "", "parameters_sha256": "", "version": ""}, "no build"),
        ({"build": 5, "index_sha256": "", "parameters_sha256": "", "version": ""}, "build"),
        ({"response": {"receipt": None}}, "receipt"),
        (
            {"build": "a", "index_sha256": "", "parameters_sha256": "", "version": ""},
            "no collection",
        ),
    ],
)
def test_what_is_no_receipt_is_a_known_fault(home: Path, saved: object, words: str) -> None:
    """It says what is missing."""
    with pytest.raises(RequestError, match=words):
        again(home, saved)


def test_as_many_builds_as_collections(home: Path) -> None:
    """A receipt whose lists do not match is refused."""
    receipt = ask(home)["receipt"]
    receipt["asked"]["collections"] = ["default"]
    with pytest.raises(RequestError, match="one build for each collection"):
        again(home, receipt)


def test_in_the_shell(home: Path) -> None:
    """0 and one line for the same; 1 and the reasons else; the question from file or option."""
    asked = run(home, "ask", QUESTION, "--json")
    assert asked.returncode == 0
    file = home / "answer.json"
    file.write_text(asked.stdout, encoding="utf-8")
    same = run(home, "replay", file, "--question", QUESTION)
    assert same.returncode == 0, same.stdout + same.stderr
    assert one_line(same.stdout) == "the same answer, but for the request's id and time"
    pair = {"request": {"question": QUESTION}, "response": json.loads(asked.stdout)}
    file.write_text(json.dumps(pair), encoding="utf-8")
    machine = run(home, "replay", file, "--json")
    assert machine.returncode == 0, machine.stdout
    assert json.loads(machine.stdout)["same"] is True
    pair["response"]["receipt"]["index_sha256"] = "0"
    file.write_text(json.dumps(pair), encoding="utf-8")
    other = run(home, "replay", file)
    assert other.returncode == 1
    assert "is not the index that answered" in other.stdout
    file.write_text(json.dumps(pair["response"]["receipt"]), encoding="utf-8")
    without = run(home, "replay", file)
    assert without.returncode == 1
    assert "the question is in no receipt" in one_line(without.stderr)
