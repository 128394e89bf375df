"""What every store owes to who updates and serves; inherited in test_stores."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from index.doctor import examine
from index.encoders.hashing import HashingEncoder
from index.encoders.protocol import Vectors
from index.errors import BuildError, BusyError, CollectionError, DamagedError, NothingIndexedError
from index.store import Store
from index.update import activate, remove, update
from tests.building import (
    LEAFLETS,
    RecordingEncoder,
    engine_of,
    index_into,
    makers,
    opened,
    write,
)

Again = Callable[[], Store]
MORE = {"sleep.txt": "Sleep\n\nSleep on your side. Tell your nurse about every fall.\n"}


class _Broken(HashingEncoder):
    """Gives vectors of no length."""

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        return 0 * super().encode_passages(passages)


class StoreContract:
    """Inherited with a fixture `again`, which opens the store as another process would."""

    @pytest.fixture
    def store(self, again: Again) -> Store:
        """Open the store, in which nothing is yet."""
        return again()

    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        """Make a folder of leaflets."""
        folder = tmp_path / "source"
        folder.mkdir()
        return write(folder)

    def test_in_an_empty_store_there_is_nothing_and_it_is_said_how_to_mend_it(
        self, store: Store
    ) -> None:
        """No names; a collection that is not there yet has no builds."""
        held = store.collection("default")
        assert (list(store.names()), list(store.collections())) == ([], [])
        assert (held.current(), held.exists(), held.builds()) == (None, False, [])
        with pytest.raises(NothingIndexedError, match="pincite index PATH"):
            held.published()

    @pytest.mark.parametrize("name", ["", "A", "../x", "a" * 64, "-a", 'a"b'])
    def test_a_name_that_no_collection_can_have_is_refused(self, store: Store, name: str) -> None:
        """With what a name may be."""
        with pytest.raises(CollectionError, match="cannot name a collection"):
            store.collection(name)

    def test_what_is_published_everybody_sees_at_once(
        self, store: Store, again: Again, source: Path
    ) -> None:
        """Another process has the new build's name, documents and hits, and its manifest."""
        other = again()
        report = index_into(store, source)
        assert [one.name for one in other.collections()] == ["default"]
        held = other.collection("default")
        assert held.current() == report.build
        assert held.published().manifest() == store.collection("default").published().manifest()
        assert opened(held).search("how long do these spasms last", 1)[0].passage.text == (
            "These spasms usually last 60 to 90 seconds."
        )

    def test_the_same_again_publishes_nothing(self, store: Store, source: Path) -> None:
        """An update without a change leaves the build as it is."""
        first = index_into(store, source)
        assert index_into(store, source).build is None
        assert store.collection("default").current() == first.build

    def test_only_new_texts_are_encoded(self, store: Store, source: Path) -> None:
        """The vectors of all others are taken from the build before, to the bit."""
        index_into(store, source)
        before = store.collection("default").published()
        old = dict(zip(before.catalog().all_passages(), before.vectors().tolist(), strict=True))
        write(source, MORE)
        recorder = RecordingEncoder()
        update(store.collection("default"), [source], makers(recorder, engine_of(store)))
        assert {text for text in recorder.encoded if "Sleep" not in text} == set()
        after = store.collection("default").published()
        new = dict(zip(after.catalog().all_passages(), after.vectors().tolist(), strict=True))
        assert {passage: new[passage] for passage in old} == old

    def test_an_older_build_is_published_again(self, store: Store, source: Path) -> None:
        """Builds sort by age; going back is one step, and what came later is kept."""
        held = store.collection("default")
        first = index_into(store, source).build
        write(source, MORE)
        second = index_into(store, source).build
        assert held.builds() == [first, second]
        assert first is not None
        assert activate(held, first).removed == ["sleep.txt"]
        assert (held.current(), held.builds()) == (first, [first, second])
        with pytest.raises(CollectionError, match="has no build"):
            activate(held, "20200101T000000Z-00000000")

    def test_pruning_keeps_the_newest_and_the_published(self, store: Store, source: Path) -> None:
        """And deletes the originals that no kept build refers to."""
        held = store.collection("default")
        builds = []
        for text in ("One.", "Two.", "Three."):
            write(source, {"spasms.txt": f"{text}\n"})
            builds.append(index_into(store, source).build)
        assert builds[0] is not None
        activate(held, builds[0])
        assert held.prunable(1) == [builds[1]]
        with held.writing():
            assert held.prune(1) == [builds[1]]
        assert held.builds() == [builds[0], builds[2]]
        assert len(held.originals.held()) == 3  # tablets.txt, and spasms.txt twice

    def test_what_is_erased_is_gone_from_every_build(self, store: Store, source: Path) -> None:
        """The builds that held it are deleted, and its original."""
        held = store.collection("default")
        index_into(store, source)
        write(source, MORE)
        index_into(store, source)
        (card,) = [one for one in held.published().catalog().documents() if "spasms" in one.uri]
        report = remove(held, card.document_id, makers(engine=engine_of(store)), erase=True)
        assert len(report.erased) == 2
        assert held.builds() == [report.build]
        assert not held.holds(card.document_id)
        assert card.sha256 not in held.originals.held()
        assert not held.published().has_original(card.sha256)

    def test_the_published_build_is_never_erased(self, store: Store, source: Path) -> None:
        """What it holds is first taken out of it."""
        index_into(store, source)
        held = store.collection("default")
        card = held.published().catalog().documents()[0]
        with held.writing(), pytest.raises(CollectionError, match="published build"):
            held.erase(card.document_id)

    def test_there_is_one_writer_at_a_time(self, store: Store, again: Again) -> None:
        """Another is told so, may come afterwards, and may write to other collections meanwhile."""
        mine, theirs = store.collection("default"), again().collection("default")
        with mine.writing():
            with pytest.raises(BusyError, match="another process is indexing"), theirs.writing():
                pass
            with again().collection("other").writing():
                pass
        with theirs.writing():
            pass

    def test_a_build_that_fails_changes_nothing_and_leaves_nothing(
        self, store: Store, source: Path
    ) -> None:
        """Not one original or table of it is there afterwards."""
        held = store.collection("default")
        first = index_into(store, source).build
        kept = held.originals.held()
        write(source, MORE)
        with pytest.raises(BuildError, match="not of unit length"):
            update(held, [source], makers(_Broken(), engine_of(store)))
        assert (held.current(), held.builds(), held.leftovers()) == (first, [first], [])
        assert held.originals.held() == kept

    def test_originals_come_back_as_they_were(self, store: Store, source: Path) -> None:
        """Byte for byte, with their size; one that was never kept is missing."""
        index_into(store, source)
        kept = store.collection("default").published()
        for card in kept.catalog().documents():
            original = kept.original(card.sha256)
            assert original is not None
            with original:
                assert original.read() == (source / card.uri).read_bytes()
            assert kept.has_original(card.sha256)
        assert kept.original("0" * 64) is None
        with pytest.raises(DamagedError, match="missing"):
            store.collection("default").originals.read("0" * 64)

    def test_a_calibration_outlives_the_build(self, store: Store, source: Path) -> None:
        """Set once, it is read with every build that follows."""
        held = store.collection("default")
        index_into(store, source)
        assert held.published().calibration() is None
        held.calibrate('{"levels": []}')
        write(source, MORE)
        index_into(store, source)
        assert held.published().calibration() == '{"levels": []}'

    def test_skipped_files_are_remembered(self, store: Store, source: Path) -> None:
        """With their reasons."""
        (source / "empty.txt").write_bytes(b"")
        report = index_into(store, source)
        assert report.skipped
        assert store.collection("default").published().skipped() == report.skipped

    def test_a_record_is_replaced_whole_and_every_process_reads_it(
        self, store: Store, again: Again
    ) -> None:
        """It has no stamp before it is written, and another each time that it is."""
        record = store.record("keys")
        stamps = [record.stamp()]
        for body in (b"one", b"two"):
            with record.changing() as replace:
                replace(body)
            assert again().record("keys").read() == record.read() == body
            stamps.append(record.stamp())
        assert stamps[0] is None
        assert len(set(stamps)) == 3

    def test_doctor_finds_everything_sound(self, store: Store, source: Path) -> None:
        """Sums, places, quotes, vectors, the search and the originals."""
        index_into(store, source)
        found = examine(store, HashingEncoder)
        assert [one for one in found if not one.sound] == []
        assert len(found) == 9
        assert store.collection("default").published().size_bytes() > 1000

    def test_a_collection_of_no_document_can_be_asked(self, store: Store, source: Path) -> None:
        """The last one taken out leaves a build that answers with nothing."""
        index_into(store, source)
        for name in LEAFLETS:
            (source / name).unlink()
        index_into(store, source)
        assert opened(store.collection("default")).search("spasms", 5) == []
