import json
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus import sentences
from corpus.documents import BlockKind, Span
from evaluation.benchmark import Judgement, Question, read_benchmark
from evaluation.errors import BenchmarkError
from tests.evaluation.folders import LEAFLETS, place_of, write_beir, write_lines, write_reqa


def test_beir_form(tmp_path: Path) -> None:
    """A folder of BEIR form is read whole: documents, questions with kinds, grades."""
    benchmark = read_benchmark(write_beir(tmp_path / "Leaflets"))
    assert (benchmark.name, benchmark.form, benchmark.units) == ("Leaflets", "beir", None)
    assert {one.document_id: one.text for one in benchmark.documents} == LEAFLETS
    assert benchmark.questions[0] == Question("q1", "what relaxes stiff muscles", "paraphrase")
    assert benchmark.judgements[0] == Judgement("q1", "baclofen", 1)
    assert benchmark.answerable() == {"q1", "q2", "q3", "q4"}
    assert len(benchmark.questions) == 6


def test_reqa_form(tmp_path: Path) -> None:
    """A folder of ReQA form is read whole: answers as spans, no gold sentences unless given."""
    benchmark = read_benchmark(write_reqa(tmp_path), name="named")
    document_id, start, end = place_of("The effect lasts three months.")
    assert (benchmark.name, benchmark.form, benchmark.units) == ("named", "reqa", None)
    assert Judgement("q2", document_id, 1, Span(start, end)) in benchmark.judgements
    assert benchmark.answerable() == {"q1", "q2", "q3", "q4"}


def test_gold_sentences(tmp_path: Path) -> None:
    """Gold sentences are read as spans of their document, in text order."""
    benchmark = read_benchmark(write_reqa(tmp_path, sentences=True))
    assert benchmark.units is not None
    text = LEAFLETS["botox"]
    assert [text[one.start : one.end] for one in benchmark.units["botox"]] == [
        "Botulinum toxin weakens one muscle.",
        "The effect lasts three months.",
    ]


def test_a_document_is_known_by_the_benchmarks_id(tmp_path: Path) -> None:
    """Id and uri are the benchmark's own id, and the structure is the plain-text reader's."""
    text = "Side effects\n\nYou may feel tired. You may feel dizzy.\n"
    write_lines(tmp_path / "corpus.jsonl", [{"_id": "a/b 1.txt", "title": "T", "text": text}])
    write_lines(tmp_path / "queries.jsonl", [{"_id": 7, "text": "tired?"}])
    _write_qrels(tmp_path, "7\ta/b 1.txt\t2")
    document = read_benchmark(tmp_path).documents[0]
    assert (document.document_id, document.uri, document.title) == ("a/b 1.txt", "a/b 1.txt", "T")
    assert document.structure.blocks[0].kind is BlockKind.HEADING
    assert len(sentences.sentences(document)) == 3


def test_offsets_follow_the_canonical_text(tmp_path: Path) -> None:
    """Answers and gold sentences stand at the same words after the text was made canonical."""
    text = "Spas\u00adticity hurts.\r\nCafe\u0301 helps."
    second = text.index("Cafe")
    write_lines(
        tmp_path / "documents.jsonl",
        [{"id": "d", "title": "", "text": text, "sentences": [[0, 18], [second, len(text)]]}],
    )
    answer = {"document_id": "d", "start": second, "end": second + 5}
    write_lines(
        tmp_path / "questions.jsonl", [{"id": "q", "question": "drink?", "answers": [answer]}]
    )
    benchmark = read_benchmark(tmp_path)
    canonical = benchmark.documents[0].text
    span = benchmark.judgements[0].span
    assert span is not None
    assert benchmark.units is not None
    assert canonical[span.start : span.end] == "Caf\u00e9"
    assert [canonical[one.start : one.end] for one in benchmark.units["d"]] == [
        "Spasticity hurts.",
        "Caf\u00e9 helps.",
    ]


def test_a_document_without_words_stays(tmp_path: Path) -> None:
    """A document without a word is kept, as one that nothing finds; a title alone is its text."""
    write_lines(
        tmp_path / "corpus.jsonl",
        [{"_id": "void", "text": " \n"}, {"_id": "title", "title": "Only a title", "text": ""}],
    )
    write_lines(tmp_path / "queries.jsonl", [{"_id": "q", "text": "what"}])
    _write_qrels(tmp_path, "q\tvoid\t1")
    void, title = read_benchmark(tmp_path).documents
    assert sentences.sentences(void) == []
    assert title.text == "Only a title"


def test_questions_of_other_parts_are_left_out_and_counted(tmp_path: Path) -> None:
    """In BEIR form a question that this part does not judge is not asked, but counted."""
    write_lines(tmp_path / "corpus.jsonl", [{"_id": "d", "text": "Words."}])
    write_lines(
        tmp_path / "queries.jsonl",
        [
            {"_id": "judged", "text": "a"},
            {"_id": "train", "text": "b"},
            {"_id": "none", "text": "c", "answerable": False},
        ],
    )
    _write_qrels(tmp_path, "judged\td\t1")
    benchmark = read_benchmark(tmp_path)
    assert [one.question_id for one in benchmark.questions] == ["judged", "none"]
    assert benchmark.left_out == 1


def test_qrels_without_a_header(tmp_path: Path) -> None:
    """The first line of the judgements is read as one unless its score is no number."""
    folder = write_beir(tmp_path)
    file = folder / "qrels" / "test.tsv"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[1:]))
    assert len(read_benchmark(folder).judgements) == 4


def test_a_separator_inside_a_string_is_no_line_end(tmp_path: Path) -> None:
    """A raw line separator (U+2028) inside a JSON string does not part the line."""
    write_lines(tmp_path / "questions.jsonl", [{"id": "q", "question": "one?", "answers": []}])
    line = json.dumps({"id": "d", "title": "", "text": "One.\u2028Two."}, ensure_ascii=False)
    (tmp_path / "documents.jsonl").write_text(line + "\n\n", encoding="utf-8")
    assert read_benchmark(tmp_path).documents[0].text == "One.\nTwo."


def _write_qrels(folder: Path, *rows: str) -> None:
    (folder / "qrels").mkdir(exist_ok=True)
    text = "query-id\tcorpus-id\tscore\n" + "".join(f"{row}\n" for row in rows)
    (folder / "qrels" / "test.tsv").write_text(text)


def _append(name: str, line: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return change


def _replace(name: str, text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_text(text, encoding="utf-8")

    return change


_QRELS = "qrels/test.tsv"
_DOCUMENT = '{"id": "new", "title": "", "text": "Four words stand here.", "sentences": %s}'
_ASKED = '{"id": "new", "question": "what", "answers": %s}'


@pytest.mark.parametrize(
    ("change", "file", "line", "message"),
    [
        (lambda f: (f / "corpus.jsonl").unlink(), "corpus.jsonl", None, "missing"),
        (lambda f: (f / "queries.jsonl").unlink(), "queries.jsonl", None, "missing"),
        (lambda f: (f / _QRELS).unlink(), _QRELS, None, "missing"),
        (_append("corpus.jsonl", "{"), "corpus.jsonl", 7, "not JSON"),
        (_append("corpus.jsonl", "[" * 100_000), "corpus.jsonl", 7, "not JSON"),
        (_append("corpus.jsonl", "[]"), "corpus.jsonl", 7, "not a JSON object"),
        (_append("corpus.jsonl", '{"text": "x"}'), "corpus.jsonl", 7, 'no "_id"'),
        (_append("corpus.jsonl", '{"_id": " ", "text": "x"}'), "corpus.jsonl", 7, 'no "_id"'),
        (_append("corpus.jsonl", '{"_id": "x"}'), "corpus.jsonl", 7, '"text" is not a text'),
        (_append("corpus.jsonl", '{"_id": "x", "text": 1}'), "corpus.jsonl", 7, "not a text"),
        (_append("corpus.jsonl", '{"_id": "pump", "text": "x"}'), "corpus.jsonl", 7, "before"),
        (_append("queries.jsonl", '{"_id": "q1", "text": "x"}'), "queries.jsonl", 7, "before"),
        (_append("queries.jsonl", '{"_id": "q7", "text": " "}'), "queries.jsonl", 7, "empty"),
        (_append("queries.jsonl", '{"_id": "q", "text": "x", "kind": 1}'), "queries.jsonl", 7, "a"),
        (_replace("corpus.jsonl", ""), "corpus.jsonl", None, "no documents"),
        (_replace("queries.jsonl", "\n"), "queries.jsonl", None, "no questions"),
        (_replace(_QRELS, "query-id\tcorpus-id\tscore\n"), _QRELS, None, "no judgements"),
        (_append(_QRELS, "q9\tpump\t1"), _QRELS, 6, "question 'q9'"),
        (_append(_QRELS, "q1\tmoon\t1"), _QRELS, 6, "document 'moon'"),
        (_append(_QRELS, "q1\tpump\tyes"), _QRELS, 6, "not a whole number"),
        (_append(_QRELS, "q1 pump 1"), _QRELS, 6, "1 columns"),
        (_append(_QRELS, "q1\tbaclofen\t2"), _QRELS, 6, "second time"),
        (_append(_QRELS, "q5\tpump\t1"), "queries.jsonl", None, "nothing answers 'q5'"),
        (_append("documents.jsonl", "{}"), ".", None, "both forms"),
    ],
)
def test_a_malformed_beir_folder(
    tmp_path: Path, change: Callable[[Path], None], file: str, line: int | None, message: str
) -> None:
    """Whatever is wrong with a folder of BEIR form, the fault names file, line and what."""
    change(write_beir(tmp_path))
    with pytest.raises(BenchmarkError, match=message) as caught:
        read_benchmark(tmp_path)
    assert (caught.value.file, caught.value.line) == (tmp_path / file, line)


@pytest.mark.parametrize(
    ("change", "file", "line", "message"),
    [
        (lambda f: (f / "questions.jsonl").unlink(), "questions.jsonl", None, "missing"),
        (_replace("documents.jsonl", ""), "documents.jsonl", None, "no documents"),
        (_replace("questions.jsonl", ""), "questions.jsonl", None, "no questions"),
        (_append("documents.jsonl", _DOCUMENT % "3"), "documents.jsonl", 7, "not a list"),
        (_append("documents.jsonl", _DOCUMENT % "[3]"), "documents.jsonl", 7, "not a pair"),
        (_append("documents.jsonl", _DOCUMENT % "[[0, 99]]"), "documents.jsonl", 7, "not inside"),
        (_append("documents.jsonl", _DOCUMENT % "[[5, 5]]"), "documents.jsonl", 7, "not inside"),
        (_append("documents.jsonl", _DOCUMENT % "[[4, 5]]"), "documents.jsonl", 7, "no visible"),
        (
            _append("documents.jsonl", _DOCUMENT % "[[0, 9], [5, 12]]"),
            "documents.jsonl",
            7,
            "begin",
        ),
        (_append("questions.jsonl", _ASKED % "3"), "questions.jsonl", 7, "not a list"),
        (_append("questions.jsonl", _ASKED % "[3]"), "questions.jsonl", 7, "not an object"),
        (
            _append("questions.jsonl", _ASKED % '[{"document_id": "moon", "start": 0, "end": 1}]'),
            "questions.jsonl",
            7,
            "document 'moon'",
        ),
        (
            _append(
                "questions.jsonl", _ASKED % '[{"document_id": "pump", "start": 0, "end": 999}]'
            ),
            "questions.jsonl",
            7,
            "not inside",
        ),
        (
            _append(
                "questions.jsonl", _ASKED % '[{"document_id": "pump", "start": true, "end": 3}]'
            ),
            "questions.jsonl",
            7,
            "whole numbers",
        ),
        (
            _append("questions.jsonl", _ASKED % '[{"document_id": "pump", "start": -1, "end": 3}]'),
            "questions.jsonl",
            7,
            "not inside",
        ),
    ],
)
def test_a_malformed_reqa_folder(
    tmp_path: Path, change: Callable[[Path], None], file: str, line: int | None, message: str
) -> None:
    """Whatever is wrong with a folder of ReQA form, the fault names file, line and what."""
    change(write_reqa(tmp_path))
    with pytest.raises(BenchmarkError, match=message) as caught:
        read_benchmark(tmp_path)
    assert (caught.value.file, caught.value.line) == (tmp_path / file, line)
    assert str(tmp_path / file) in str(caught.value)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """A folder that is not there, and one that holds no benchmark, are named."""
    with pytest.raises(BenchmarkError, match="no such folder"):
        read_benchmark(tmp_path / "none")
    with pytest.raises(BenchmarkError, match="neither form"):
        read_benchmark(tmp_path)


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    """A file in another encoding is refused rather than read wrongly."""
    (write_reqa(tmp_path) / "questions.jsonl").write_bytes(b'{"id": "\xff"}\n')
    with pytest.raises(BenchmarkError, match="not UTF-8"):
        read_benchmark(tmp_path)
