from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.reading import document_from_bytes
from index.collection import Collection
from index.update import index_documents, remove
from service.verifying import Claim, Shelf, Verdict, verify
from tests.building import indexed, library, makers
from tests.corpus.test_nearest import share

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
