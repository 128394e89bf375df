from dataclasses import replace
from pathlib import Path

import pytest

from index.encoders.hashing import HashingEncoder
from index.errors import RetrievalError
from service.answering import Answer, Question, answer, search
from service.citations import Citation
from service.confidence import Level, Scale
from service.errors import NotFoundError
from service.library import Library
from tests.building import LEAFLETS, index, indexed, library, write

EVERYTHING = Scale((Level("low", 0.0, 1, 2),), 1, 2, "tests")
"""A scale on which whatever is found is an answer."""
TRICKY = {
    "tricky.txt": (
        "Caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{GRINNING FACE} rules\n\n"
        "The q\N{COMBINING ACUTE ACCENT}uiet ward \N{FAMILY} is open all night. "
        "Spasms \N{PILL} usually last 60 to 90 seconds. \N{HIGH VOLTAGE SIGN} Ring us.\n\n"
        "- First \N{GREEK SMALL LETTER ALPHA}\N{COMBINING DIAERESIS} item of the list.\n"
        "- Second item about spasms in the calf.\n\n"
        "Spasms \N{PILL} usually last 60 to 90 seconds. The end comes last.\n"
    )
}
QUESTIONS = ["how long do spasms last", "is the ward open", "first item", "tell your nurse", "mg"]


def scale(low: float, medium: float, high: float) -> Scale:
    """Return a scale with these three thresholds."""
    levels = (("low", low), ("medium", medium), ("high", high))
    return Scale(tuple(Level(bucket, score, 1, 2) for bucket, score in levels), 1, 2, "tests")  # type: ignore[arg-type] # buckets


def check_exact(held: Library, citation: Citation) -> None:
    """Check a citation against its document's text by plain slicing, in all three units."""
    document = held.retriever(citation.collection).catalog.document(citation.document.document_id)
    assert document is not None
    text, quote, at = document.text, citation.quote, citation.place
    start, end = at.sentence.start, at.sentence.end
    assert quote
    assert text[start:end] == quote == citation.hit.passage.text
    utf16 = text.encode("utf-16-le")
    assert utf16[2 * at.utf16.start : 2 * at.utf16.end].decode("utf-16-le") == quote
    assert text.encode()[at.utf8.start : at.utf8.end].decode() == quote
    assert at.line == text[:start].count("\n") + 1
    assert citation.prefix == text[max(start - 32, 0) : start]
    assert citation.suffix == text[end : end + 32]
    first, last = citation.highlight
    assert citation.context[first:last] == quote
    assert citation.statement.endswith(quote)
    assert citation.statement in citation.context
    assert text[start - first : start - first + len(citation.context)] == citation.context


def ask(home: Path, text: str, **more: object) -> Answer:
    """Ask the library of `home` on the scale where everything is an answer."""
    return answer(library(home), Question(text, **more), EVERYTHING)  # type: ignore[arg-type] # as Question's


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_quote_is_exact_in_every_unit(tmp_path: Path, question: str) -> None:
    """Code points, UTF-16 and bytes, line, context and surroundings agree with plain slicing."""
    indexed(tmp_path, {**LEAFLETS, **TRICKY})
    held = library(tmp_path)
    found = answer(held, Question(question, top_k=50, before=2, after=3), EVERYTHING)
    assert len(found.citations) > 5
    for citation in found.citations:
        check_exact(held, citation)


def test_the_states_follow_the_score(tmp_path: Path) -> None:
    """Below the first threshold no answer; in the lowest bucket low confidence; else answered."""
    indexed(tmp_path)
    held, question = library(tmp_path), Question("how long do spasms last")
    top = search(held, question)[0][0].hit.score
    below, at, above = top / 2, top, (1 + top) / 2
    none = answer(held, question, scale(above, above, above))
    assert (none.status, none.reason, none.citations) == ("no_answer", "nothing_relevant", ())
    assert (none.level, none.score) == (None, top)
    low = answer(held, question, scale(at, above, above))
    assert (low.status, low.reason) == ("low_confidence", None)
    medium = answer(held, question, scale(below, at, above))
    assert medium.status == "answered"
    high = answer(held, question, scale(below, below, at))
    assert high.level is not None
    assert (high.status, high.level.bucket) == ("answered", "high")


def test_only_passages_above_the_threshold_are_cited(tmp_path: Path) -> None:
    """The best passes, the others do not: one citation, however many were asked for."""
    indexed(tmp_path)
    held, question = library(tmp_path), Question("how long do spasms last", top_k=50)
    first, second, *_ = search(held, question)[0]
    assert first.hit.score > second.hit.score
    limit = first.hit.score
    assert len(answer(held, question, scale(limit, 1.0, 1.0)).citations) == 1


@pytest.mark.parametrize(("least", "answered"), [("low", True), ("medium", True), ("high", False)])
def test_a_caller_can_ask_for_more_confidence(
    tmp_path: Path, least: str, *, answered: bool
) -> None:
    """An answer of medium confidence is none for a caller who wants high."""
    indexed(tmp_path)
    held = library(tmp_path)
    question = Question("how long do spasms last", min_confidence=least)  # type: ignore[arg-type] # a bucket
    found = answer(held, question, scale(0.0, 0.0, 1.1))
    assert (found.status == "answered") == answered


@pytest.mark.parametrize("text", ["?", "?!…", "a", "\N{PILL}\N{PILL}\N{PILL}", "- - -"])
def test_a_question_without_words_is_too_short(tmp_path: Path, text: str) -> None:
    """Punctuation, one letter and pictures are no question."""
    indexed(tmp_path)
    found = ask(tmp_path, text)
    assert (found.status, found.reason, found.score) == ("no_answer", "too_short", 0.0)


def test_an_empty_index_says_so(tmp_path: Path) -> None:
    """A collection whose last document was removed gives empty_index."""
    source = write(tmp_path / "source", {"a.txt": "Only one.\n"})
    index(tmp_path, source)
    (source / "a.txt").unlink()
    index(tmp_path, source)
    found = ask(tmp_path, "only one")
    assert (found.status, found.reason) == ("no_answer", "empty_index")


def test_a_repeated_sentence_cites_every_place(tmp_path: Path) -> None:
    """The sentence in two leaflets is one citation, with the other place in also_in."""
    indexed(tmp_path)
    first = ask(tmp_path, "tell your nurse about every fall").citations[0]
    assert (first.document.uri, first.place.line) == ("spasms.txt", 5)
    (other,) = first.also_in
    assert (other.line, other.kind, other.similarity) == (5, "exact", 1.0)
    assert other.document_id.startswith("tablets-")
    assert other.url.startswith(f"/documents/{other.document_id}#s{other.sentence}")
    assert other.collection == "default"


def test_numbers_that_differ_are_never_one_citation(tmp_path: Path) -> None:
    """5 mg and 10 mg are found apart, each in its own place only."""
    indexed(tmp_path)
    found = {one.quote: one.also_in for one in ask(tmp_path, "baclofen mg", top_k=50).citations}
    assert found["Take 5 mg of baclofen three times a day."] == ()
    assert found["Take 10 mg of baclofen three times a day."] == ()


@pytest.mark.parametrize(("before", "after"), [(0, 0), (1, 1), (5, 5), (0, 5), (5, 0)])
def test_context_is_clipped_to_the_document(tmp_path: Path, before: int, after: int) -> None:
    """Around each sentence stand as many sentences as asked for, fewer at the ends."""
    indexed(tmp_path, TRICKY)
    held = library(tmp_path)
    question = Question("spasms ward item", top_k=50, before=before, after=after)
    catalog = held.retriever("default").catalog
    for citation in answer(held, question, EVERYTHING).citations:
        every = catalog.sentences(citation.document.document_id)
        number = citation.place.sentence.ordinal
        first, last = max(number - before, 1), min(number + after, len(every))
        start, end = every[first - 1].sentence.start, every[last - 1].sentence.end
        assert citation.context == catalog.excerpt(citation.document.document_id, start, end)
        check_exact(held, citation)


def test_collections_are_merged_by_score(tmp_path: Path) -> None:
    """With two collections the best of both come, best first, each with its collection's name."""
    indexed(tmp_path, {"a.txt": LEAFLETS["spasms.txt"]}, "one")
    indexed(tmp_path, {"b.txt": LEAFLETS["tablets.txt"]}, "two")
    question = Question("stop the tablets or spasms", top_k=4)
    found = answer(library(tmp_path), question, EVERYTHING).citations
    assert {one.collection for one in found} == {"one", "two"}
    assert [one.hit.score for one in found] == sorted(
        (one.hit.score for one in found), reverse=True
    )
    assert [one.citation_id for one in found] == ["c1", "c2", "c3", "c4"]
    only = answer(library(tmp_path), replace(question, collections=("two",)), EVERYTHING)
    assert {one.collection for one in only.citations} == {"two"}
    assert len(only.receipt.build.split(",")) == 1


def test_a_passage_in_two_collections_is_listed_once(tmp_path: Path) -> None:
    """It is one citation; its places in the other collection are in also_in, exact or near."""
    indexed(tmp_path, LEAFLETS, "one")
    indexed(tmp_path, {"x.txt": "Other words first.\n\ntell your nurse about every fall\n"}, "two")
    held = library(tmp_path)
    found = answer(held, Question("tell your nurse about every fall", top_k=50), EVERYTHING)
    passages = [one.hit.passage.passage_id for one in found.citations]
    assert len(passages) == len(set(passages))
    first = found.citations[0]
    places = {(first.collection, first.document.document_id)} | {
        (other.collection, other.document_id) for other in first.also_in
    }
    assert len(places) == 3
    assert {collection for collection, _ in places} == {"one", "two"}
    kinds = {other.collection: other.kind for other in first.also_in}
    assert kinds["two" if first.collection == "one" else "one"] == "near"
    assert all(0.5 < other.similarity <= 1.0 for other in first.also_in)
    check_exact(held, first)


def test_as_many_as_asked_for_come_although_some_are_held_twice(tmp_path: Path) -> None:
    """Of two collections with the same documents, top_k distinct passages are cited."""
    indexed(tmp_path, LEAFLETS, "one")
    indexed(tmp_path, LEAFLETS, "two")
    citations = ask(tmp_path, "nurse tablets spasms", top_k=5).citations
    assert len({one.hit.passage.passage_id for one in citations}) == len(citations) == 5
    assert all(len(one.also_in) % 2 == 1 for one in citations)


def test_an_unknown_collection_is_not_named_back(tmp_path: Path) -> None:
    """The error does not repeat what the caller wrote; a path is no name either."""
    indexed(tmp_path)
    for name in ("nowhere", "../default", "Who Knows?"):
        with pytest.raises(NotFoundError, match=r"^there is no collection of this name$"):
            answer(library(tmp_path), Question("spasms", (name,)))


def test_a_build_by_another_encoder_is_not_asked(tmp_path: Path) -> None:
    """A library with another encoder refuses to open the collection."""
    indexed(tmp_path)
    with pytest.raises(RetrievalError, match=r"hashing/64, asked with hashing/32"):
        answer(library(tmp_path, HashingEncoder(32)), Question("spasms"))


def test_the_receipt_holds_what_decided_and_not_the_question(tmp_path: Path) -> None:
    """Equal parameters give equal receipts for other questions; other parameters do not."""
    indexed(tmp_path)
    one, other = ask(tmp_path, "how long do spasms last"), ask(tmp_path, "tell your nurse")
    assert one.receipt == other.receipt
    assert one.receipt != ask(tmp_path, "tell your nurse", top_k=6).receipt
    manifest = library(tmp_path).retriever("default").manifest
    assert (one.receipt.build, one.receipt.encoder) == (manifest.build, "hashing/64")
    assert one.receipt.index_sha256 == manifest.sha256()


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_every_mode_finds_the_sentence_itself(tmp_path: Path, mode: str) -> None:
    """Asked in its own words, a sentence comes first in each mode, at a score in [0, 1]."""
    indexed(tmp_path)
    found = ask(tmp_path, "These spasms usually last 60 to 90 seconds", mode=mode).citations
    assert found[0].quote == "These spasms usually last 60 to 90 seconds."
    assert all(0.0 <= one.hit.score <= 1.0 for one in found)


WORDY = {
    "words.txt": (
        "Words\n\n"
        "Physiotherapy keeps the shoulder moving after a stroke.\n\n"
        "Activities of daily living (ADLs) are washing, dressing and eating.\n\n"
        "Baclofen relaxes stiff muscles.\n"
    )
}


def test_acronyms_that_the_documents_define_are_searched_both_ways(tmp_path: Path) -> None:
    """A question with the short form finds the long one, and says that it looked for it."""
    indexed(tmp_path, WORDY)
    found = answer(library(tmp_path), Question("help with ADLs"), EVERYTHING)
    assert [term.lower() for term in found.query.expanded] == ["activities of daily living"]
    assert found.citations[0].quote.startswith("Activities of daily living")


def test_a_sites_synonyms_are_searched_with(tmp_path: Path) -> None:
    """A line of synonyms.txt makes its terms equal, from the next build on."""
    collection = indexed(tmp_path, WORDY)
    asked = Question("physio", mode="lexical")
    assert search(library(tmp_path), asked)[0] == ()
    collection.published().layout.synonyms.write_text("physio, physiotherapy\n", encoding="utf-8")
    report = index(tmp_path, tmp_path / "source-default")
    assert report.build is not None
    citations, query, _ = search(library(tmp_path), asked)
    assert query.expanded == ("physiotherapy",)
    assert citations[0].quote.startswith("Physiotherapy")
    assert citations[0].hit.signals.lexical == pytest.approx(1.0)


def test_a_misspelt_question_is_mended_only_where_it_found_nothing(tmp_path: Path) -> None:
    """It is suggested in any case, and searched with when the words as typed find no answer."""
    indexed(tmp_path, WORDY)
    asked = Question("sholder", mode="lexical")
    strict = scale(0.3, 0.5, 0.9)
    found = answer(library(tmp_path), asked, strict)
    assert found.query.did_you_mean == "shoulder"
    assert found.query.searched_instead == "shoulder"
    assert found.citations[0].quote.startswith("Physiotherapy keeps the shoulder")
    well_put = answer(library(tmp_path), replace(asked, text="shoulder"), strict)
    assert (well_put.query.did_you_mean, well_put.query.searched_instead) == (None, None)


def test_a_misspelt_drug_is_never_searched_with(tmp_path: Path) -> None:
    """What could be a drug's name is at most suggested."""
    indexed(tmp_path, WORDY)
    asked = Question("baclofin", mode="lexical")
    found = answer(library(tmp_path), asked, scale(0.3, 0.5, 0.9))
    assert found.status == "no_answer"
    assert found.query.searched_instead is None


def test_a_quote_that_leans_on_the_sentence_before_comes_with_it(tmp_path: Path) -> None:
    """answer.text begins where it can be understood, and is a part of the context shown."""
    text = "Dantrolene is a medicine for cramp. It acts directly on muscles.\n\nIt rains today.\n"
    indexed(tmp_path, {"leaning.txt": text})
    first = search(library(tmp_path), Question("acts directly on muscles"))[0][0]
    assert first.quote == "It acts directly on muscles."
    assert first.statement == ("Dantrolene is a medicine for cramp. It acts directly on muscles.")
    assert first.statement in first.context
    alone = search(library(tmp_path), Question("acts directly on muscles", before=0))
    assert alone[0][0].statement == "It acts directly on muscles."
    other = search(library(tmp_path), Question("rains today"))[0][0]
    assert other.statement == "It rains today."
