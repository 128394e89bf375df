from corpus.documents import BlockKind, Document, Structure
from evaluation.integrity import Inspection, Integrity, citation_faults, duplicates
from tests.evaluation.hits import hit

_TEXT = "Take 5 mg daily. Don\u2019t  stop. Take 10 mg daily. The spasms hurt."
_ONE = Document("one", "one", "", "text/plain", _TEXT, Structure(()), "")
_TWO = Document("two", "two", "", "text/plain", "Don't stop. Spasms hurt.", Structure(()), "")
_DOCUMENTS = {"one": _ONE, "two": _TWO}


def test_exact_quotes_are_valid() -> None:
    """A passage is valid that reads as its first place, while others differ in quotes alone."""
    assert citation_faults(hit(1, 0.5, (_ONE, 0, 16)).passage, _DOCUMENTS) == []
    both = hit(1, 0.5, (_ONE, 17, 29), (_TWO, 0, 11))
    assert citation_faults(both.passage, _DOCUMENTS) == []


def test_the_first_place_is_verbatim() -> None:
    """At the first place even the shape of a quote mark must be the document's."""
    wrong = hit(1, 0.5, (_ONE, 17, 29), text="Don't stop.")
    assert "does not read" in citation_faults(wrong.passage, _DOCUMENTS)[0]


def test_a_near_place_may_differ_in_nothing_that_matters() -> None:
    """A near place may lack an article; one with another dose is a fault."""
    near = hit(1, 0.5, (_ONE, 48, 64), (_TWO, 12, 24), others="near")
    assert citation_faults(near.passage, _DOCUMENTS) == []
    exact = hit(1, 0.5, (_ONE, 48, 64), (_TWO, 12, 24), others="exact")
    assert len(citation_faults(exact.passage, _DOCUMENTS)) == 1
    dose = hit(1, 0.5, (_ONE, 0, 16), (_ONE, 30, 47), others="near")
    assert len(citation_faults(dose.passage, _DOCUMENTS)) == 1


def test_impossible_places_are_faults() -> None:
    """A place outside the text, of no length, or in no document is a fault."""
    for place in ((_ONE, 60, 900), (_ONE, 5, 5), (_ONE, -4, 3)):
        assert "outside" in citation_faults(hit(1, 0.5, place, text="x").passage, _DOCUMENTS)[0]
    assert "no such document" in citation_faults(hit(1, 0.5, (_ONE, 0, 4)).passage, {})[0]


def test_duplicates_are_what_deduplication_would_merge() -> None:
    """The better hit stays, what says the same is a duplicate; another dose is none."""
    hits = [
        hit(1, 0.9, (_ONE, 17, 29)),
        hit(2, 0.8, (_TWO, 0, 11)),
        hit(3, 0.7, (_ONE, 0, 16)),
        hit(4, 0.6, (_ONE, 30, 47)),
    ]
    assert duplicates(hits) == [hits[1]]


def test_a_heading_is_no_duplicate_of_a_sentence() -> None:
    """A heading names what a sentence states: the two are told apart, as in deduplication."""
    hits = [hit(1, 0.9, (_ONE, 0, 15)), hit(2, 0.8, (_ONE, 0, 15), kind=BlockKind.HEADING)]
    assert duplicates(hits) == []


def test_an_inspection_counts_over_questions() -> None:
    """Faults are counted at every question they are shown for, and told in words."""
    inspection = Inspection(_DOCUMENTS)
    good, bad = hit(1, 0.9, (_ONE, 0, 16)), hit(2, 0.8, (_ONE, 0, 16), text="Take 6 mg daily.")
    inspection.look_at("q1", [good, bad])
    inspection.look_at("q2", [good, bad, hit(3, 0.7, (_ONE, 0, 16))])
    found = inspection.result()
    assert (found.citations, found.invalid, found.top_hits, found.duplicates) == (5, 2, 5, 1)
    assert found.citation_validity == 0.6
    assert found.duplicate_rate == 0.2
    assert not found.holds
    assert "question q1, rank 2: one[0:16]" in found.faults[0]


def test_only_the_first_ten_are_held_against_duplicates() -> None:
    """A duplicate at rank 11 is not in the top ten."""
    inspection = Inspection(_DOCUMENTS)
    letters = Document("abc", "abc", "", "text/plain", "a b c d e f g h i j", Structure(()), "")
    hits = [hit(n + 1, 0.5, (letters, 2 * n, 2 * n + 1)) for n in range(10)]
    inspection.look_at("q", [*hits, hit(11, 0.4, (letters, 0, 1))])
    assert inspection.result().duplicates == 0


def test_nothing_found_is_nothing_wrong() -> None:
    """A run without a hit has no invalid citation and no duplicate."""
    nothing = Integrity(0, 0, 0, 0)
    assert (nothing.citation_validity, nothing.duplicate_rate, nothing.holds) == (1, 0, True)
