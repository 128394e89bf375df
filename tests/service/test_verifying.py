import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.reading import document_from_bytes
from index.collection import Collection
from index.update import index_documents, remove
from service.verifying import Claim, Shelf, Verdict, verify
from tests.building import indexed, library, makers
from tests.corpus.test_nearest import share
from tests.processes import one_line, run
from tests.service.test_api import check_problem
from tests.service.writing import at_the_desk, put

WORDS = "rest drink water stretch nurse tablet night spasm morning bladder shoes heat".split()
SENTENCES = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=6).map(
        lambda words: " ".join(["The", *words]) + "."
    ),
    min_size=1,
    max_size=8,
)


def publish(home: Path, texts: dict[str, str], name: str = "default") -> list[Shelf]:
    """Publish documents of these uris and texts; return what may be verified against."""
    documents = [
        document_from_bytes(text.encode(), uri, "text/plain") for uri, text in texts.items()
    ]
    index_documents(Collection(home, name), documents, makers())
    return shelves(home)


def shelves(home: Path) -> list[Shelf]:
    """Return every collection of a HOME."""
    return [Shelf(name, one.kept, one.catalog) for name, one in library(home).retrievers(None)]


def claims(held: list[Shelf]) -> list[Claim]:
    """Return a claim for every sentence held, as a citation would make it."""
    found = []
    for shelf in held:
        for card in shelf.catalog.documents():
            document = shelf.catalog.document(card.document_id)
            assert document is not None
            text = document.text
            for one in shelf.catalog.sentences(card.document_id):
                start, end = one.sentence.start, one.sentence.end
                found.append(
                    Claim(
                        document_id=card.document_id,
                        quote=text[start:end],
                        start=start,
                        end=end,
                        collection=shelf.name,
                        uri=card.uri,
                        sha256=card.sha256,
                        prefix=text[max(start - 32, 0) : start],
                        suffix=text[end : end + 32],
                    )
                )
    return found


def after(home: Path, old: str, new: str) -> dict[str, Verdict]:
    """Return, by quote, what became of the sentences of `old` when it became `new`."""
    before = claims(publish(home, {"a.txt": old}))
    return dict(
        zip(
            [claim.quote for claim in before],
            verify(publish(home, {"a.txt": new}), before),
            strict=True,
        )
    )


def check_standing(held: list[Shelf], verdict: Verdict) -> None:
    """Check that the place a verdict gives is real, in every unit."""
    assert verdict.standing is not None
    one = verdict.standing
    (shelf,) = [shelf for shelf in held if shelf.name == one.collection]
    document = shelf.catalog.document(one.document.document_id)
    assert document is not None
    start, end = one.place.sentence.start, one.place.sentence.end
    assert document.text[start:end] == one.quote
    assert document.text.encode()[one.place.utf8.start : one.place.utf8.end].decode() == one.quote
    assert document.text[:start].endswith(one.prefix)
    assert document.text[end:].startswith(one.suffix)
    assert one.place.line == document.text[:start].count("\n") + 1


@given(SENTENCES, SENTENCES, st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_verdict_is_what_a_plain_reading_says(
    tmp_path_factory: pytest.TempPathFactory,
    old: list[str],
    fresh: list[str],
    data: st.DataObject,
) -> None:
    """Whatever was left out, put in, changed or moved, each sentence is judged as by hand."""
    new = data.draw(st.permutations([*old, *fresh]))
    new = new[: data.draw(st.integers(1, len(new)))]
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(new) - 1))
        words = new[at].split()
        words[data.draw(st.integers(1, len(words) - 2))] = data.draw(st.sampled_from(WORDS))
        new[at] = " ".join(words)
    home = tmp_path_factory.mktemp("home")
    before = claims(publish(home, {"a.txt": "\n\n".join(old)}))
    assert [claim.quote for claim in before] == old
    text = "\n\n".join(new)
    held = publish(home, {"a.txt": text})
    for claim, verdict in zip(before, verify(held, before), strict=True):
        shares = [share(claim.quote.split(), one.split()) for one in new]
        if text[claim.start : claim.end] == claim.quote:
            assert verdict.state == "exact"
        elif claim.quote in new:
            assert verdict.state == "moved"
        elif max(shares) >= 0.5:
            assert verdict.state == "changed"
            assert verdict.similarity == round(max(shares), 4)
        else:
            assert (verdict.state, verdict.standing) == ("gone", None)
            continue
        check_standing(held, verdict)
        assert verdict.standing is not None
        if verdict.state == "changed":
            assert verdict.standing.quote == new[shares.index(max(shares))]
        else:
            assert (verdict.standing.quote, verdict.similarity) == (claim.quote, 1.0)


def test_what_has_not_changed_is_exact(tmp_path: Path) -> None:
    """Every sentence of every document, as it is cited."""
    indexed(tmp_path)
    held = shelves(tmp_path)
    before = claims(held)
    assert len(before) > 8
    for claim, verdict in zip(before, verify(held, before), strict=True):
        assert verdict.state == "exact"
        check_standing(held, verdict)
        assert verdict.standing is not None
        assert verdict.standing.place.sentence.start == claim.start


def test_words_within_a_longer_sentence_are_not_the_sentence(tmp_path: Path) -> None:
    """At the same place or elsewhere, "you may drive" in "you may drive never" has changed."""
    found = after(
        tmp_path,
        "You may drive\n\nStop the tablets at once.",
        "You may drive only if told so\n\nDo not: Stop the tablets at once. If it hurts, ring.",
    )
    assert found["You may drive"].state in {"changed", "gone"}
    assert found["Stop the tablets at once."].state == "changed"
    standing = found["Stop the tablets at once."].standing
    assert standing is not None
    assert standing.quote == "Do not: Stop the tablets at once."


def test_a_changed_dose_is_changed(tmp_path: Path) -> None:
    """And the sentence that stands there now is given."""
    found = after(tmp_path, "Take 5 mg of baclofen daily.", "Take 10 mg of baclofen daily.")
    verdict = found["Take 5 mg of baclofen daily."]
    assert (verdict.state, verdict.similarity) == ("changed", round(10 / 12, 4))


def test_other_line_ends_and_quotes_are_the_same_words(tmp_path: Path) -> None:
    """Moved, with the quote as it is written now."""
    found = after(
        tmp_path,
        "Rest after it. It's a long\nsentence about rest.",
        "It\N{RIGHT SINGLE QUOTATION MARK}s a long sentence\nabout rest.",
    )
    verdict = found["It's a long\nsentence about rest."]
    assert verdict.state == "moved"
    assert verdict.standing is not None
    assert verdict.standing.quote.startswith("It\N{RIGHT SINGLE QUOTATION MARK}s")


def test_of_several_places_the_one_in_like_surroundings_is_given(tmp_path: Path) -> None:
    """Surroundings count before nearness."""
    found = after(
        tmp_path,
        "Adults\n\nTwice a day.\n\nWith food.",
        "Children\n\nTwice a day.\n\nWithout food.\n\nOther things.\n\nAdults\n\n"
        "Twice a day.\n\nWith food.",
    )
    standing = found["Twice a day."].standing
    assert standing is not None
    assert standing.prefix.endswith("Adults\n\n")


def test_a_document_under_another_name_is_found(tmp_path: Path) -> None:
    """By its bytes, also where a new document has taken its old name; and by its uri."""
    old = "Rest after each spasm.\n\nDrink enough water."
    before = claims(publish(tmp_path, {"a.txt": old}))
    for texts in ({"b.txt": old}, {"a.txt": "Quite another leaflet now.", "b.txt": old}):
        held = publish(tmp_path, texts)
        for verdict in verify(held, before):
            assert verdict.state == "moved"
            check_standing(held, verdict)
            assert verdict.standing is not None
            assert verdict.standing.document.uri == "b.txt"
    renamed = [replace(claim, document_id="other", sha256=None) for claim in before]
    states = {one.state for one in verify(publish(tmp_path, {"a.txt": old + "\n\nNew."}), renamed)}
    assert states == {"moved"}


def test_a_document_in_another_collection_has_moved(tmp_path: Path) -> None:
    """Unless the citation names no collection."""
    old = "Rest after each spasm."
    (claim,) = claims(publish(tmp_path, {"a.txt": old}, "default"))
    publish(tmp_path, {"b.txt": "Other words here."}, "default")
    held = publish(tmp_path, {"a.txt": old}, "staff")
    assert verify(held, [claim])[0].state == "moved"
    assert verify(held, [replace(claim, collection=None)])[0].state == "exact"
    assert verify(held, [replace(claim, collection="nowhere")])[0].state == "moved"


def test_a_removed_document_is_gone(tmp_path: Path) -> None:
    """Even where another document has the same sentence."""
    indexed(tmp_path)
    before = [one for one in claims(shelves(tmp_path)) if one.quote.startswith("Tell your nurse")]
    assert len(before) == 2
    remove(Collection(tmp_path, "default"), before[0].document_id, makers())
    assert [one.state for one in verify(shelves(tmp_path), before)] == ["gone", "exact"]


def test_nothing_is_held_of_nothing(tmp_path: Path) -> None:
    """Without a collection every citation is gone."""
    verdicts = verify([], [Claim("a", "Words.", 0, 6)])
    assert [one.state for one in verdicts] == ["gone"]


def test_in_the_same_file_words_count_wherever_they_stand(tmp_path: Path) -> None:
    """There only our own way to part sentences can have changed."""
    held = publish(tmp_path, {"a.txt": "One rule. Another rule.\n\nA third."})
    sha256 = held[0].catalog.documents()[0].sha256
    document_id = held[0].catalog.documents()[0].document_id
    here = Claim(document_id, "One rule. Another", 0, 17, sha256=sha256)
    there = replace(here, start=3, end=20)
    other = replace(here, sha256="0" * 64)
    found = verify(held, [here, there, other])
    assert [one.state for one in found] == ["exact", "moved", "changed"]
    check_standing(held, found[0])
    check_standing(held, found[1])


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
