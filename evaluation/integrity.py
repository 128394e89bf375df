"""What must hold of every hit, whatever the benchmark: quotes are exact, nothing stands twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from corpus.dedup import exact_key, near_key
from corpus.documents import BlockKind, Document, Passage, Place
from index.retriever import Hit

TOP = 10

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Integrity:
    """The two hard gates of a run.

    `citations` counts the places of all hits, `invalid` those that are not what they say;
    `top_hits` counts the hits among the first ten of each question, `duplicates` those that say
    what a better one said. `faults` are the first few of both, in words without a question's text.
    """

    citations: int
    invalid: int
    top_hits: int
    duplicates: int
    faults: tuple[str, ...] = ()

    @property
    def citation_validity(self) -> float:
        """Share of valid citations, in [0, 1]; must be 1."""
        return 1 - self.invalid / self.citations if self.citations else 1.0

    @property
    def duplicate_rate(self) -> float:
        """Share of duplicates in the top ten, in [0, 1]; must be 0."""
        return self.duplicates / self.top_hits if self.top_hits else 0.0

    @property
    def holds(self) -> bool:
        """Whether both gates hold."""
        return not self.invalid and not self.duplicates


@dataclass(slots=True)
class Inspection:
    """Checks the hits of one question after another against the benchmark's own documents."""

    documents: Mapping[str, Document]
    _citations: int = 0
    _invalid: int = 0
    _top_hits: int = 0
    _duplicates: int = 0
    _faults: list[str] = field(default_factory=list)
    _known: dict[Passage, int] = field(default_factory=dict)

    def look_at(self, question_id: str, hits: Sequence[Hit]) -> None:
        """Check every place of every hit, and the first ten hits for duplicates."""
        for hit in hits:
            # The same passage is found for many questions, and is as valid each time.
            if hit.passage not in self._known:
                faults = list(citation_faults(hit.passage, self.documents))
                self._note(f"question {question_id}, rank {hit.rank}: {one}" for one in faults)
                self._known[hit.passage] = len(faults)
            self._citations += len(hit.passage.places)
            self._invalid += self._known[hit.passage]
        top = hits[:TOP]
        twice = duplicates(top)
        self._top_hits += len(top)
        self._duplicates += len(twice)
        self._note(
            f"question {question_id}, rank {hit.rank}: the passage {hit.passage.passage_id} says "
            "what a better hit said"
            for hit in twice
        )

    def result(self) -> Integrity:
        """Return what was found so far."""
        return Integrity(
            self._citations,
            self._invalid,
            self._top_hits,
            self._duplicates,
            tuple(self._faults),
        )

    def _note(self, faults: Iterable[str]) -> None:
        self._faults.extend(faults)
        del self._faults[_SHOWN:]


def citation_faults(passage: Passage, documents: Mapping[str, Document]) -> list[str]:
    """Return what is wrong with a passage's places, at most one fault a place.

    The first place must read `document.text[start:end] == passage.text`; another place of kind
    exact may differ in white space and the shape of quotes and dashes, one of kind near only in
    what deduplication knows to change no meaning.
    """
    if not passage.places:
        return [f"the passage {passage.passage_id} has no place"]
    found = (
        _fault(passage, place, documents, first=number == 0)
        for number, place in enumerate(passage.places)
    )
    return [fault for fault in found if fault]


def _fault(
    passage: Passage, place: Place, documents: Mapping[str, Document], *, first: bool
) -> str:
    one = place.sentence
    where = f"{one.document_id}[{one.start}:{one.end}]"
    document = documents.get(one.document_id)
    if document is None:
        return f"{where}: there is no such document"
    if not 0 <= one.start < one.end <= len(document.text):
        return f"{where}: outside the text of {len(document.text)} characters"
    text = document.text[one.start : one.end]
    if first:
        same = text == passage.text
    elif place.kind == "exact":
        same = exact_key(text) == exact_key(passage.text)
    else:
        same = near_key(text) == near_key(passage.text)
    return "" if same else f"{where}: does not read as the quote of {passage.passage_id}"


def duplicates(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that say the same as a better one, by the rule of deduplication."""
    seen: set[tuple[bool, str]] = set()
    found = []
    for hit in hits:
        heading = bool(hit.passage.places) and (
            hit.passage.places[0].sentence.kind is BlockKind.HEADING
        )
        key = (heading, near_key(hit.passage.text))
        if key in seen:
            found.append(hit)
        seen.add(key)
    return found
