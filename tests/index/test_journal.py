import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import journal as module
from index.encoders.hashing import HashingEncoder
from index.journal import Journal, discard
from tests.building import LEAFLETS, RecordingEncoder, makers, write
from tests.processes import PINCITE, environment, run

NAME = "tests.index.patient:open_patient"
TEXTS = [f"Sentence {number}." for number in range(20)]


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every batch written as soon as it is there."""
    monkeypatch.setattr(module, "_SYNC_SECONDS", 0.0)


def _died_after(path: Path, texts: list[str], encoder: HashingEncoder) -> None:
    with suppress(KeyboardInterrupt), Journal(path, encoder) as journal:
        journal.add(texts, encoder.encode_passages(texts))
        raise KeyboardInterrupt


@pytest.mark.usefixtures("_at_once")
def test_what_an_attempt_encoded_the_next_one_finds(tmp_path: Path) -> None:
    """Bit for bit, by text; a text that was not encoded is not found."""
    encoder = HashingEncoder()
    path = tmp_path / "encoding" / "default"
    _died_after(path, TEXTS[:10], encoder)
    _died_after(path, TEXTS[10:], encoder)
    journal = Journal(path, encoder)
    assert len(journal) == 20
    for text, vector in zip(TEXTS, encoder.encode_passages(TEXTS), strict=True):
        np.testing.assert_array_equal(journal.vector(text), vector)
    assert journal.vector("Another.") is None
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"Sentence" not in path.read_bytes()


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("made_by", [HashingEncoder(32), RecordingEncoder()])
def test_another_encoders_vectors_are_never_taken(tmp_path: Path, made_by: HashingEncoder) -> None:
    """Another name, length or weights: the journal begins anew."""
    if made_by.dim == 64:
        made_by.weights_sha256 = "ab"
    path = tmp_path / "journal"
    _died_after(path, TEXTS, made_by)
    encoder = HashingEncoder()
    assert len(Journal(path, encoder)) == 0
    _died_after(path, TEXTS[:3], encoder)
    assert len(Journal(path, encoder)) == 3


@given(cut=st.integers(0, 400), flipped=st.integers(0, 2_000))
def test_a_torn_or_damaged_tail_costs_only_itself(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flipped: int
) -> None:
    """However much is missing at the end, and whichever byte is wrong: all found is right."""
    encoder = HashingEncoder()
    path = tmp_path_factory.mktemp("torn") / "journal"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SYNC_SECONDS", 0.0)
        _died_after(path, TEXTS, encoder)
        data = bytearray(path.read_bytes())
        data = data[: len(data) - cut]
        if flipped < len(data):
            data[flipped] ^= 1
        path.write_bytes(data)
        journal = Journal(path, encoder)
        expected = dict(zip(TEXTS, encoder.encode_passages(TEXTS), strict=True))
        for text in TEXTS:
            found = journal.vector(text)
            if found is not None:
                np.testing.assert_array_equal(found, expected[text])
        if flipped >= len(data):
            assert len(journal) == 20 - -(-cut // (16 + 4 * 64 + 4))
        # What is added goes behind what is whole, and is found again.
        _died_after(path, ["One more."], encoder)
        assert Journal(path, encoder).vector("One more.") is not None
        assert len(Journal(path, encoder)) == len(journal) + 1


@pytest.mark.usefixtures("_at_once")
def test_a_published_build_leaves_no_journal(tmp_path: Path) -> None:
    """Deleted when all went well; deleting one that is not there is no fault."""
    path = tmp_path / "journal"
    with Journal(path, HashingEncoder()) as journal:
        journal.add(TEXTS, HashingEncoder().encode_passages(TEXTS))
        assert path.exists()
    assert not path.exists()
    discard(path)


def test_a_short_build_writes_none(tmp_path: Path) -> None:
    """What is encoded within the time that a crash may cost is not written at all."""
    path = tmp_path / "journal"
    with Journal(path, HashingEncoder()) as journal:
        journal.add(TEXTS, HashingEncoder().encode_passages(TEXTS))
        assert not path.exists()


@pytest.mark.usefixtures("_at_once")
def test_where_it_cannot_be_written_the_build_goes_on(tmp_path: Path) -> None:
    """A file where its folder should be: vectors are not kept, and nothing fails."""
    (tmp_path / "encoding").write_text("in the way", encoding="utf-8")
    with Journal(tmp_path / "encoding" / "default", HashingEncoder()) as journal:
        journal.add(TEXTS, HashingEncoder().encode_passages(TEXTS))
    assert makers().journal("default") is None


def test_killed_while_encoding_the_next_index_goes_on_where_it_was(tmp_path: Path) -> None:
    """Kill -9 after some batches: the second run encodes only what was not on disk yet."""
    home = tmp_path / "home"
    home.mkdir()
    sentences = "\n\n".join(f"Sentence {number} is about spasms." for number in range(3_000))
    source = write(tmp_path / "source", {**LEAFLETS, "many.txt": sentences})
    process = subprocess.Popen(
        [PINCITE, "index", str(source)],
        env=environment(home, PINCITE_ENCODER=NAME),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    journal = home / "encoding" / "default"
    deadline = time.monotonic() + 120
    while not journal.exists() or journal.stat().st_size < 300_000:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    encoded = home / "encoded.log"
    first = encoded.read_text(encoding="utf-8").splitlines()
    encoded.unlink()
    with journal.open("r+b") as file:  # as a power cut would leave it
        os.truncate(file.fileno(), journal.stat().st_size - 100)
    assert run(home, "index", source, PINCITE_ENCODER=NAME).returncode == 0
    second = encoded.read_text(encoding="utf-8").splitlines()
    assert len({*first} & {*second}) < len(first) - 900
    assert len({*first} | {*second}) > 3_000
    assert not journal.exists()
    assert run(home, "doctor", PINCITE_ENCODER=NAME).returncode == 0
