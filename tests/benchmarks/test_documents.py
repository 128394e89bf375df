from collections import Counter
from pathlib import Path

from benchmarks import documents
from benchmarks.protocol import by_document, read


def test_sentences_are_distinct_and_the_same_every_time() -> None:
    """Fewer are the beginning of more."""
    some = documents.sentences(3_000)
    assert len({one.text for one in some}) == 3_000
    assert documents.sentences(500) == some[:500]
    assert [one.number for one in some] == list(range(3_000))


def test_words_follow_zipf() -> None:
    """Names by rank: the first twice as often as the second, about; thousands stand once."""
    texts = [one.text for one in documents.sentences(20_000)]
    counts = Counter(text.rsplit(" at ", 1)[1].split()[0] for text in texts)
    first, second, *_, last = [count for _, count in counts.most_common()]
    assert 1.6 < first / second < 2.5
    assert last == 1
    assert sum(count == 1 for count in counts.values()) > 1_000


def test_a_question_names_what_its_sentence_speaks_of() -> None:
    """Its two words and the place stand in the sentence, in another order."""
    held = documents.sentences(2_000)
    for question in documents.questions(held, 200):
        *_, second, _, first = question.text.strip("?").split()
        assert held[question.sentence].text.endswith(f" {first} and {second}.")


def test_files_hold_the_sentences(tmp_path: Path) -> None:
    """One document a file, one sentence a line; and as JSON lines, all of them."""
    held = documents.sentences(450)
    corpus, lines = documents.write(tmp_path, held)
    assert read(lines) == held
    files = sorted(corpus.iterdir())
    assert [file.stem for file in files] == ["000000", "000001", "000002"]
    for file, (document, group) in zip(files, by_document(held), strict=True):
        text = file.read_text(encoding="utf-8")
        assert file.stem == document
        assert [line for line in text.splitlines() if line] == [one.text for one in group]
