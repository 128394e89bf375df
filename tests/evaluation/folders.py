"""Benchmarks small enough to be measured by hand, written into a folder of the test's own."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

LEAFLETS = {
    "baclofen": "Baclofen relaxes stiff muscles. Do not stop baclofen suddenly.",
    "botox": "Botulinum toxin weakens one muscle. The effect lasts three months.",
    "stretching": "Stretching every day keeps joints moving. A physiotherapist shows you how.",
    "triggers": "An infection can make spasticity worse. Tight clothing is a trigger too.",
    "pump": "A pump gives baclofen into the spine. The pump is refilled every two months.",
    "fatigue": "Fatigue is common in multiple sclerosis. Resting before you are tired helps.",
}

QUESTIONS: Sequence[tuple[str, str, str, str | None]] = (
    ("q1", "what relaxes stiff muscles", "paraphrase", "Baclofen relaxes stiff muscles."),
    ("q2", "effect lasts how many months", "keyword", "The effect lasts three months."),
    ("q3", "tight clothing trigger", "keyword", "Tight clothing is a trigger too."),
    ("q4", "how often is the pump refilled", "paraphrase", "The pump is refilled"),
    ("q5", "where can I park my car", "out_of_scope", None),
    ("q6", "price of cinema tickets", "out_of_scope", None),
)
"""Id, words, kind, and a piece of the sentence that answers, None where nothing does."""


def write_lines(file: Path, lines: Sequence[Mapping[str, object]]) -> None:
    """Write one JSON object a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def place_of(piece: str) -> tuple[str, int, int]:
    """Return the leaflet that holds `piece`, and where it stands there."""
    for document_id, text in LEAFLETS.items():
        if piece in text:
            return document_id, text.index(piece), text.index(piece) + len(piece)
    raise LookupError(piece)


def write_reqa(folder: Path, *, sentences: bool = False) -> Path:
    """Write the leaflets as a benchmark of ReQA form, with gold sentences if asked for."""
    documents: list[dict[str, object]] = []
    for document_id, text in LEAFLETS.items():
        document: dict[str, object] = {"id": document_id, "title": document_id, "text": text}
        if sentences:
            middle = text.index(". ") + 1
            document["sentences"] = [[0, middle], [middle + 1, len(text)]]
        documents.append(document)
    questions: list[dict[str, object]] = []
    for question_id, words, kind, piece in QUESTIONS:
        answers = []
        if piece is not None:
            place = zip(("document_id", "start", "end"), place_of(piece), strict=True)
            answers.append(dict(place))
        questions.append({"id": question_id, "question": words, "kind": kind, "answers": answers})
    write_lines(folder / "documents.jsonl", documents)
    write_lines(folder / "questions.jsonl", questions)
    return folder


def write_beir(folder: Path) -> Path:
    """Write the leaflets as a benchmark of BEIR form."""
    write_lines(
        folder / "corpus.jsonl",
        [{"_id": key, "title": "", "text": text} for key, text in LEAFLETS.items()],
    )
    write_lines(
        folder / "queries.jsonl",
        [
            {"_id": key, "text": words, "kind": kind, "answerable": piece is not None}
            for key, words, kind, piece in QUESTIONS
        ],
    )
    rows = [f"{key}\t{place_of(piece)[0]}\t1\n" for key, _, _, piece in QUESTIONS if piece]
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n" + "".join(rows), encoding="utf-8"
    )
    return folder
