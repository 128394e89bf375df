"""Figures on public sentences; run with -s to see them. The texts are not part of this project."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from corpus.sentences import spans

SENTENCES = Path(__file__).parents[3] / "shared" / "data" / "sentences"

needs_data = pytest.mark.skipif(
    not SENTENCES.is_dir(), reason="../shared/data/sentences is not on this machine"
)


def boundaries(text: str) -> set[int]:
    """Return where sentences end, blank lines being ends as they are for every reader."""
    paragraphs = re.finditer(r".+?(?:\n\s*\n|\Z)", text, re.DOTALL)
    return {one.start() + span.end for one in paragraphs for span in spans(one[0])}


def scores(pairs: Iterable[tuple[set[int], set[int]]]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the second of each pair against the first."""
    right = found = wanted = 0
    for gold, ours in pairs:
        right += len(gold & ours)
        found += len(ours)
        wanted += len(gold)
    return right / found, right / wanted, 2 * right / (found + wanted)


@needs_data
def test_golden_rules_of_pysbd() -> None:
    """Of its 48 cases, many about lists inside a line, at least these are parted as it says."""
    rules = json.loads((SENTENCES / "golden_rules.json").read_text(encoding="utf-8"))
    exact = 0
    pairs = []
    for text, sentences in rules:
        ours = spans(text)
        exact += [text[span.start : span.end] for span in ours] == [
            one.strip() for one in sentences
        ]
        at = 0
        gold = set()
        for sentence in sentences:
            at = max(text.find(sentence.strip(), at), at) + len(sentence.strip())
            gold.add(at)
        pairs.append((gold, {span.end for span in ours}))
    precision, recall, f1 = scores(pairs)
    print(f"golden rules: {exact} of {len(rules)}, P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")  # noqa: T201 - the figure
    assert exact >= 37
    assert f1 >= 0.88


@needs_data
def test_english_web_treebank() -> None:
    """On mail, forums and reviews hardly any boundary is wrong; those missed have no full stop."""
    texts = json.loads((SENTENCES / "ewt_test.json").read_text(encoding="utf-8"))
    precision, recall, f1 = scores(
        ({start + len(text[start:end].rstrip()) for start, end in gold}, boundaries(text))
        for text, gold in texts
    )
    print(f"UD EWT test: P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")  # noqa: T201 - the figure
    assert precision >= 0.98
    assert f1 >= 0.915
