"""A benchmark: documents, questions, and what answers them, read from a folder.

Two forms are read. *BEIR* (Thakur et al. 2021) judges whole documents: `corpus.jsonl` {_id, title,
text}, `queries.jsonl` {_id, text}, `qrels/test.tsv`. *ReQA* (Ahmad et al. 2019) judges spans:
`documents.jsonl` {id, title, text, sentences?: [[start, end]]}, `questions.jsonl` {id, question,
answers: [{document_id, start, end}]}; a question without answers is unanswerable. In both, a
question may have a `kind`; in BEIR form `"answerable": false` marks one that nothing answers.

Offsets in the files count code points of the text as it stands there; here they count those of the
canonical text, like every offset in the house.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from corpus.documents import Document, Span, Structure
from corpus.errors import UnreadableError
from corpus.normalize import canonical
from corpus.readers import plain_text
from evaluation.anchors import Anchors
from evaluation.errors import BenchmarkError
from evaluation.lines import Line, lines, text_lines

Form = Literal["beir", "reqa"]

BEIR_FILES = ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv")
REQA_FILES = ("documents.jsonl", "questions.jsonl")

_WORD = re.compile(r"\w")
_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a benchmark; `kind` says what it tries ("typo"), None where it is not said."""

    question_id: str
    text: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What answers a question: a span of a document, or the whole of it where `span` is None.

    `grade` is a whole number: 0 (or below) does not answer, 1 and above does, more is better.
    """

    question_id: str
    document_id: str
    grade: int
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Documents, questions and judgements; a question without a judgement is unanswerable.

    `units` are the gold sentences of those documents that have them, by document id, in text order:
    what a hit is judged as. `left_out` counts the questions in the files that this benchmark does
    not ask, because their judgements belong to another part (BEIR's train and dev).
    """

    name: str
    form: Form
    documents: tuple[Document, ...]
    questions: tuple[Question, ...]
    judgements: tuple[Judgement, ...]
    units: Mapping[str, tuple[Span, ...]] | None = None
    left_out: int = 0

    def answerable(self) -> frozenset[str]:
        """Return the ids of the questions that something answers."""
        return frozenset(one.question_id for one in self.judgements if one.grade > 0)


def read_benchmark(folder: Path, name: str | None = None) -> Benchmark:
    """Read a benchmark's folder in either form; `name` is the folder's own unless given.

    Raises BenchmarkError, with file and line, for anything that is not as the form says.
    """
    name = name or folder.resolve().name
    if not folder.is_dir():
        raise BenchmarkError(folder, None, "no such folder; give the folder of a benchmark")
    forms = [
        (form, files)
        for form, files in (("beir", BEIR_FILES), ("reqa", REQA_FILES))
        if any((folder / file).exists() for file in files)
    ]
    if len(forms) != 1:
        found = "files of both forms" if forms else "files of neither form"
        raise BenchmarkError(
            folder,
            None,
            f"holds {found}; a benchmark is either {', '.join(BEIR_FILES)} (BEIR) or "
            f"{', '.join(REQA_FILES)} (ReQA)",
        )
    return _read_beir(folder, name) if forms[0][0] == "beir" else _read_reqa(folder, name)


def _read_beir(folder: Path, name: str) -> Benchmark:
    corpus, queries, qrels = (folder / file for file in BEIR_FILES)
    documents: dict[str, Document] = {}
    for line in lines(corpus):
        document_id = _new(line, "_id", documents)
        title, text = line.text("title", ""), line.text("text")
        # A title alone is all that some records of some sets have.
        source = text if _WORD.search(text) else title
        documents[document_id] = _document(document_id, title, canonical(source))
    _refuse_empty(corpus, documents, "documents")
    asked: dict[str, tuple[Question, bool]] = {}
    for line in lines(queries):
        question_id = _new(line, "_id", asked)
        question = _question(line, question_id, "text")
        asked[question_id] = (question, line.body.get("answerable", True) is False)
    _refuse_empty(queries, asked, "questions")

    judgements = _qrels(qrels, asked, documents)
    for question_id, (_, unanswerable) in asked.items():
        if unanswerable and any(
            one.question_id == question_id and one.grade > 0 for one in judgements
        ):
            raise BenchmarkError(
                queries,
                None,
                f"says that nothing answers {question_id!r}, but {qrels.name} names a document "
                "that does; mend one of them",
            )
    judged = {one.question_id for one in judgements}
    kept = [
        question
        for question_id, (question, unanswerable) in asked.items()
        if unanswerable or question_id in judged
    ]
    return Benchmark(
        name,
        "beir",
        tuple(documents.values()),
        tuple(kept),
        tuple(judgements),
        left_out=len(asked) - len(kept),
    )


def _qrels(
    file: Path, questions: Mapping[str, object], documents: Mapping[str, Document]
) -> list[Judgement]:
    grades: dict[tuple[str, str], int] = {}
    for number, line in text_lines(file):
        columns = line.split("\t")
        if len(columns) != _COLUMNS:
            raise BenchmarkError(
                file,
                number,
                f"has {len(columns)} columns; give query-id, corpus-id and score, parted by tabs",
            )
        question_id, document_id, score = columns
        try:
            grade = int(score)
        except ValueError as error:
            if number == 1:
                continue  # the header
            raise BenchmarkError(
                file, number, f"the score {score!r} is not a whole number; give 0, 1, 2 or 3"
            ) from error
        if question_id not in questions:
            raise BenchmarkError(
                file, number, f"names the question {question_id!r}, which queries.jsonl has not"
            )
        if document_id not in documents:
            raise BenchmarkError(
                file, number, f"names the document {document_id!r}, which corpus.jsonl has not"
            )
        if grades.setdefault((question_id, document_id), grade) != grade:
            raise BenchmarkError(
                file,
                number,
                f"grades {document_id!r} for {question_id!r} a second time and otherwise; keep one",
            )
    _refuse_empty(file, grades, "judgements")
    return [Judgement(*pair, grade) for pair, grade in grades.items()]


def _read_reqa(folder: Path, name: str) -> Benchmark:
    texts, asked = (folder / file for file in REQA_FILES)
    documents: dict[str, Document] = {}
    anchors: dict[str, Anchors] = {}
    units: dict[str, tuple[Span, ...]] = {}
    for line in lines(texts):
        document_id = _new(line, "id", documents)
        anchor = anchors[document_id] = Anchors(line.text("text"))
        documents[document_id] = _document(document_id, line.text("title", ""), anchor.text)
        if line.body.get("sentences") is not None:
            units[document_id] = _sentences(line, anchor)
    _refuse_empty(texts, documents, "documents")
    questions: dict[str, Question] = {}
    judgements: dict[Judgement, None] = {}
    for line in lines(asked):
        question_id = _new(line, "id", questions)
        questions[question_id] = _question(line, question_id, "question")
        for answer in line.list("answers"):
            judgements[_answer(line, question_id, answer, anchors)] = None
    _refuse_empty(asked, questions, "questions")
    return Benchmark(
        name,
        "reqa",
        tuple(documents.values()),
        tuple(questions.values()),
        tuple(judgements),
        units or None,
    )


def _answer(
    line: Line, question_id: str, answer: object, anchors: Mapping[str, Anchors]
) -> Judgement:
    if not isinstance(answer, dict):
        raise line.fault("an answer is not an object; give {document_id, start, end}")
    document_id = answer.get("document_id")
    if not isinstance(document_id, str) or document_id not in anchors:
        raise line.fault(
            f"an answer names the document {document_id!r}, which documents.jsonl has not"
        )
    span = _span(line, answer.get("start"), answer.get("end"), anchors[document_id], "an answer")
    return Judgement(question_id, document_id, 1, span)


def _sentences(line: Line, anchor: Anchors) -> tuple[Span, ...]:
    spans: list[Span] = []
    for pair in line.list("sentences"):
        if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004 - a pair
            raise line.fault("a sentence is not a pair; give [start, end]")
        span = _span(line, pair[0], pair[1], anchor, "a sentence")
        if spans and span.start < spans[-1].end:
            raise line.fault(
                f"the sentence {pair} begins before the one in front of it ends; "
                "give them in text order, none over another"
            )
        spans.append(span)
    return tuple(spans)


def _span(line: Line, start: object, end: object, anchor: Anchors, what: str) -> Span:
    for offset in (start, end):
        if not isinstance(offset, int) or isinstance(offset, bool):
            raise line.fault(f"{what} has the offset {offset!r}; give whole numbers")
    assert isinstance(start, int)
    assert isinstance(end, int)
    if not 0 <= start < end <= len(anchor.source):
        raise line.fault(
            f"{what} from {start} to {end} is not inside the text of {len(anchor.source)} "
            "characters; offsets are code points from 0, half open"
        )
    span = anchor.span(start, end)
    if not anchor.text[span.start : span.end].strip():
        raise line.fault(f"{what} from {start} to {end} holds no visible character")
    return span


def _document(document_id: str, title: str, text: str) -> Document:
    """Make a document of canonical text; one without a word has no blocks and is never found."""
    data = text.encode()
    try:
        structure = plain_text.read(data).structure
    except UnreadableError:
        structure = Structure(())
    return Document(
        document_id=document_id,
        uri=document_id,
        title=" ".join(canonical(title).split()),
        media_type="text/plain",
        text=text,
        structure=structure,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _question(line: Line, question_id: str, key: str) -> Question:
    text = canonical(line.text(key)).strip()
    if not text:
        raise line.fault(f"the question {question_id!r} is empty; give its words in {key!r}")
    return Question(question_id, text, line.kind())


def _new(line: Line, key: str, known: Mapping[str, object]) -> str:
    identity = line.identity(key)
    if identity in known:
        raise line.fault(f"the id {identity!r} was given before; give each line one of its own")
    return identity


def _refuse_empty(file: Path, found: Mapping[Any, object], what: str) -> None:
    if not found:
        raise BenchmarkError(file, None, f"holds no {what}; give at least one")
