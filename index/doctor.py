"""Every promise that can be checked on disk, checked; nothing is written."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.dedup import near_key
from corpus.documents import Document
from index.build import RULES
from index.encoders.protocol import Encoder
from index.errors import RetrievalError
from index.located import locate
from index.manifest import Manifest
from index.originals import MEND
from index.retriever import Retriever
from index.store import Store, StoredBuild, StoredCollection

_AGAIN = "index the documents again"
_MORE_RECALL = "set PINCITE_ENGINE to faiss:HNSW32 or faiss:Flat and index the documents again"
_UNIT_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing checked: whether it is sound, what was seen, and else how to mend it."""

    what: str
    sound: bool
    detail: str
    mend: str = ""


def examine(
    store: Store, open_encoder: Callable[[], Encoder], names: Sequence[str] | None = None
) -> list[Finding]:
    """Check the model and the named collections of a store, or every one."""
    findings: list[Finding] = []
    encoder: Encoder | None = None
    try:
        encoder = open_encoder()
        findings.append(Finding("model", True, f"{encoder.name} loads and its weights are right"))
    except RetrievalError as error:
        findings.append(Finding("model", False, str(error), "install or name a model that loads"))
    names = store.names() if names is None else names
    if not names:
        findings.append(Finding("collections", True, f"nothing is indexed in {store}"))
    for name in names:
        try:
            findings += _collection(store.collection(name), encoder)
        except RetrievalError as error:
            findings.append(Finding(f"collection {name}", False, str(error), _AGAIN))
    return findings


def _collection(collection: StoredCollection, encoder: Encoder | None) -> Iterator[Finding]:
    name = collection.name
    for leftover in collection.leftovers():
        yield Finding(
            f"{name}: a build that died under way",
            True,
            f"{leftover} is not served",
            "the next pincite index removes it",
        )
    current = collection.current()
    if current is None:
        yield Finding(f"collection {name}", True, "nothing is published")
        return
    for build in collection.builds():
        what = f"{name}: build {build}"
        kept = collection.build(build)
        try:
            manifest = kept.manifest()
            kept.check()
        except RetrievalError as error:
            yield Finding(what, False, str(error), _mend(collection, build, current))
            continue
        yield Finding(what, True, f"{len(manifest.files)} files are as they were written")
        if build == current:
            yield from _published(name, kept, manifest, encoder)
    if current not in collection.builds():
        yield Finding(
            f"{name}: CURRENT",
            False,
            f"names {current}, which is not there",
            "pincite builds list, then pincite builds activate one of them",
        )
    yield from _originals(collection)


def _mend(collection: StoredCollection, build: str, current: str) -> str:
    """Say how to do away with a damaged build and lose nothing of it."""
    if build != current:
        return "pincite builds prune"
    try:
        for one in collection.build(build).holdings() or ():
            collection.originals.read(one.sha256)
    except RetrievalError:
        return "pincite builds activate another, then prune"
    return "pincite index its documents' folder; or pincite builds activate another, then prune"


def _originals(collection: StoredCollection) -> Iterator[Finding]:
    """Check that every kept build's documents can be read again, and what else is kept."""
    what = f"{collection.name}: originals"
    wanted: dict[str, str] = {}
    for build in collection.builds():
        try:
            listed = collection.build(build).holdings() or ()
        except RetrievalError:
            continue  # found above
        for one in listed:
            wanted.setdefault(one.sha256, one.uri)
    sound = 0
    for sha256, uri in wanted.items():
        try:
            collection.originals.read(sha256)
            sound += 1
        except RetrievalError as error:
            yield Finding(what, False, f"{uri}: {error}", MEND)
    if sound == len(wanted):
        yield Finding(what, True, f"all {sound} are what the documents were read from")
    unwanted = len(collection.originals.held()) - sound
    if unwanted > 0 and sound == len(wanted):
        mend = "pincite builds prune deletes them"
        yield Finding(what, True, f"{unwanted} belong to no kept build", mend)


def _published(
    name: str, kept: StoredBuild, manifest: Manifest, encoder: Encoder | None
) -> Iterator[Finding]:
    lexical = kept.found_by_words()
    content = [
        _quotes(name, kept, manifest),
        _vectors(name, kept, manifest),
        _equal(f"{name}: lexical index", lexical, manifest.counts.passages, "passages"),
    ]
    yield from content
    yield Finding(
        f"{name}: search by meaning",
        True,
        str(manifest.dense),
        "" if manifest.dense.reaches_goal else _MORE_RECALL,
    )
    yield Finding(
        f"{name}: rules",
        manifest.rules == RULES,
        f"sentences and passages were made by {manifest.rules}",
        "" if manifest.rules == RULES else _AGAIN,
    )
    if encoder is not None and all(finding.sound for finding in content):
        try:
            retriever = Retriever(kept, encoder, checked=True)
            retriever.search("doctor", 1)
            yield Finding(f"{name}: search", True, "opens and answers")
        except RetrievalError as error:
            yield Finding(f"{name}: search", False, str(error), _AGAIN)


def _quotes(name: str, kept: StoredBuild, manifest: Manifest) -> Finding:
    """Check each sentence's quote, its passage and everything derived from its offsets."""
    catalog = kept.catalog()
    documents: dict[str, Document] = {}
    for card in catalog.documents():
        document = catalog.document(card.document_id)
        assert document is not None
        documents[card.document_id] = document
        located = catalog.sentences(card.document_id)
        derived = locate(document, [one.sentence for one in located])
        for stored, again in zip(located, derived, strict=True):
            if stored != again:
                return Finding(
                    f"{name}: places",
                    False,
                    f"sentence {stored.sentence.ordinal} of {card.document_id} stands elsewhere",
                    _AGAIN,
                )
    places = 0
    for row in catalog.all_rows():
        for number, place in enumerate(row.passage.places):
            one = place.sentence
            quote = documents[one.document_id].text[one.start : one.end]
            same = (
                quote == row.passage.text
                if number == 0
                else (near_key(quote) == near_key(row.passage.text))
            )
            if not same:
                detail = f"sentence {one.ordinal} of {one.document_id} is not its passage's text"
                return Finding(f"{name}: quotes", False, detail, _AGAIN)
            places += 1
    return _equal(f"{name}: quotes and places", places, manifest.counts.sentences, "sentences")


def _vectors(name: str, kept: StoredBuild, manifest: Manifest) -> Finding:
    vectors = kept.vectors()
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(lengths - 1.0) < _UNIT_TOLERANCE):
        return Finding(f"{name}: vectors", False, "not all are of unit length", _AGAIN)
    return _equal(f"{name}: vectors", len(vectors), manifest.counts.passages, "passages")


def _equal(what: str, found: int, expected: int, noun: str) -> Finding:
    sound = found == expected
    detail = f"{found} of {expected} {noun}" if not sound else f"all {expected} {noun}"
    return Finding(what, sound, detail, "" if sound else _AGAIN)
