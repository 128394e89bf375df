from pathlib import Path

import pytest

from index.collection import Collection
from index.update import remove
from service.adapters.fetching import fetch, search
from service.address import Address
from service.errors import NotFoundError
from service.library import Library
from service.pages.words import ENGLISH
from tests.building import LEAFLETS, index, indexed, library, makers, write

QUESTION = "how long do these spasms usually last"
AT = Address("https://qa.example")


@pytest.fixture
def shelf(tmp_path: Path) -> Library:
    """Return a library that a test may change."""
    indexed(tmp_path)
    return library(tmp_path)


def found(shelf: Library) -> str:
    """Return the id of the passage that answers."""
    (one,) = search(shelf, AT, ENGLISH, QUESTION).results
    return one.id


def test_an_id_names_document_build_and_sentence(shelf: Library) -> None:
    """So that it stands for one text for ever."""
    build = shelf.retriever("default").manifest.build
    document, _, rest = found(shelf).partition("@")
    assert rest == f"{build}#s2"
    assert fetch(shelf, AT, ENGLISH, document).text.startswith("Spasms\n")


def test_an_older_id_opens_its_sentence_while_the_document_is_the_same(
    shelf: Library, tmp_path: Path
) -> None:
    """A build that changed other documents takes nothing away; the new id is told."""
    before = found(shelf)
    index(tmp_path, write(tmp_path / "source-default", {"new.txt": "Visiting ends at eight.\n"}))
    after = fetch(shelf, AT, ENGLISH, before)
    assert after.metadata["quote"] == "These spasms usually last 60 to 90 seconds."
    assert after.id == found(shelf) != before


def test_an_older_id_of_a_changed_document_opens_nothing(shelf: Library, tmp_path: Path) -> None:
    """Its sentence may say something else by now; the new search gives the new id."""
    before = found(shelf)
    changed = LEAFLETS["spasms.txt"].replace("They often come", "They seldom come")
    index(tmp_path, write(tmp_path / "source-default", {"spasms.txt": changed}))
    with pytest.raises(NotFoundError, match="has changed since this id was given; search again"):
        fetch(shelf, AT, ENGLISH, before)
    assert fetch(shelf, AT, ENGLISH, found(shelf)).metadata["quote"]


def test_a_removed_document_opens_nothing(shelf: Library, tmp_path: Path) -> None:
    """Neither by its id nor by one of a build that is still kept and still has it."""
    before = found(shelf)
    document = before.partition("@")[0]
    collection = Collection(tmp_path, "default")
    remove(collection, document, makers())
    assert len(collection.builds()) == 2
    for one in (before, document):
        with pytest.raises(NotFoundError, match="search again"):
            fetch(shelf, AT, ENGLISH, one)


def test_an_id_of_a_build_that_is_gone_opens_nothing(shelf: Library, tmp_path: Path) -> None:
    """Nobody can say any more what it stood for."""
    before = found(shelf)
    collection = Collection(tmp_path, "default")
    index(tmp_path, write(tmp_path / "source-default", {"new.txt": "Visiting ends at eight.\n"}))
    collection.prune(1)
    with pytest.raises(NotFoundError, match="search again"):
        fetch(shelf, AT, ENGLISH, before)


@pytest.mark.parametrize("end", ["#s0", "#s999999999", "#s", "#s1x", "", "#"])
def test_what_names_no_sentence_opens_nothing(shelf: Library, end: str) -> None:
    """Only the ids that search gives."""
    with pytest.raises(NotFoundError):
        fetch(shelf, AT, ENGLISH, found(shelf).partition("#")[0] + end)
