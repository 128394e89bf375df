"""What a score means, and whose tests say so."""

import json
from pathlib import Path

import pytest

from index.collection import Collection
from service import confidence
from service.confidence import DEFAULT, Level, Scale
from service.errors import SettingsError
from tests.building import indexed, opened

SCALE = Scale((Level("low", 0.2, 30, 50), Level("high", 0.7, 49, 50)), 18, 40, "these tests")


@pytest.mark.parametrize(
    ("score", "bucket", "status"),
    [
        (0.0, None, "no_answer"),
        (0.19, None, "no_answer"),
        (0.2, "low", "low_confidence"),
        (0.69, "low", "low_confidence"),
        (0.7, "high", "answered"),
        (1.0, "high", "answered"),
    ],
)
def test_a_score_falls_into_one_level(score: float, bucket: str | None, status: str) -> None:
    """A level begins at its lowest score; below the first is no answer."""
    level = SCALE.level(score)
    assert (level.bucket if level else None) == bucket
    assert confidence.status_of(level) == status


def test_meanings_are_rounded_down() -> None:
    """Words promise no more than was measured."""
    level = Level("medium", 0.5, 199, 200)
    assert "99 of 100 answers" in SCALE.meaning(level)
    assert SCALE.meaning(None) == (
        "in these tests 45 of 100 questions at this level had no answer in the documents (n=40)"
    )


def test_too_few_questions_mean_nothing() -> None:
    """A share of a handful is not stated."""
    assert SCALE.meaning(Level("low", 0.2, 3, 3)) == (
        "too few of these tests were at this level to say (n=3)"
    )


def test_a_caller_can_ask_for_more() -> None:
    """The order is low, medium, high."""
    low, medium, high = DEFAULT.levels
    assert [confidence.reaches(one, "medium") for one in (low, medium, high)] == [
        False,
        True,
        True,
    ]


def calibrate(collection: Collection, **changes: object) -> None:
    """Write a calibration into a collection."""
    body = {
        "mode": "hybrid",
        "encoder": "hashing/64",
        "levels": [{"bucket": "low", "from_score": 0.1, "right": 9, "questions": 30}],
        "refused_right": 25,
        "refused": 30,
    }
    text = json.dumps({**body, **changes})
    collection.published().layout.calibration.write_text(text, encoding="utf-8")


def test_other_models_than_the_measured_are_said_to_be_unmeasured(tmp_path: Path) -> None:
    """The thresholds stay, the shares are not claimed."""
    scale = confidence.scale_for([opened(indexed(tmp_path))], "hybrid")
    assert scale.levels == DEFAULT.levels
    assert scale.meaning(scale.levels[0]) == (
        "not measured with these settings; pincite calibrate measures it"
    )


def test_a_calibrated_collection_has_its_own_scale(tmp_path: Path) -> None:
    """In the mode and with the encoder that it was measured with, and at once when it changes."""
    collection = indexed(tmp_path)
    retriever = opened(collection)
    calibrate(collection)
    scale = confidence.scale_for([retriever], "hybrid")
    assert scale.levels == (Level("low", 0.1, 9, 30),)
    assert scale.meaning(scale.levels[0]) == (
        "in this collection's tests 30 of 100 answers at this level were right (n=30)"
    )
    assert confidence.scale_for([retriever], "dense").levels == DEFAULT.levels
    assert confidence.scale_for([retriever, retriever], "hybrid").levels == DEFAULT.levels
    calibrate(collection, encoder="another")
    assert confidence.scale_for([retriever], "hybrid").levels == DEFAULT.levels


@pytest.mark.parametrize(
    "changes",
    [
        {"levels": "none"},
        {"levels": [{"bucket": "fair", "from_score": 0.1, "right": 1, "questions": 2}]},
        {
            "levels": [
                {"bucket": "high", "from_score": 0.1, "right": 1, "questions": 2},
                {"bucket": "low", "from_score": 0.2, "right": 1, "questions": 2},
            ]
        },
    ],
    ids=["no list", "unknown bucket", "out of order"],
)
def test_a_broken_calibration_says_how_to_mend_it(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    """It is refused, not guessed at."""
    collection = indexed(tmp_path)
    calibrate(collection, **changes)
    with pytest.raises(SettingsError, match=r"not a calibration .*; pincite calibrate again"):
        confidence.scale_for([opened(collection)], "hybrid")
