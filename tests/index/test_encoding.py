import threading
from collections.abc import Sequence

import numpy as np
import pytest

from index.encoders.hashing import HashingEncoder
from index.encoders.protocol import Vectors
from index.encoding import Progress, encode, meanwhile

PATIENCE_SECONDS = 30.0
TEXTS = [f"Sentence {number} of those that are encoded." for number in range(2_000)]


def _silent(_what: str, _done: int, _of: int) -> None:
    pass


class Counting(HashingEncoder):
    """Counts the texts that it was given, and says when it had the first."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = 0
        self.began = threading.Event()

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode, count and tell."""
        self.texts += len(passages)
        self.began.set()
        return super().encode_passages(passages)


def test_work_goes_on_meanwhile_and_its_result_is_waited_for() -> None:
    """It begins before it is asked for, and gives what it would have given at once."""
    encoder = Counting()

    def work(progress: Progress) -> Vectors:
        return encode(TEXTS, None, encoder, "encoding", progress)

    with meanwhile(work, _silent) as encoded:
        assert encoder.began.wait(PATIENCE_SECONDS)
        np.testing.assert_array_equal(encoded(), encoder.encode_passages(TEXTS))


def test_what_nobody_waits_for_ends_at_its_next_step() -> None:
    """An error elsewhere, or Ctrl-C, does not wait until all texts are encoded."""
    encoder, left = Counting(), threading.Event()

    def shown(_what: str, done: int, _of: int) -> None:
        if done:
            assert left.wait(PATIENCE_SECONDS)

    def build() -> None:
        with meanwhile(lambda progress: encode(TEXTS, None, encoder, "", progress), shown):
            assert encoder.began.wait(PATIENCE_SECONDS)
            threading.Timer(0.05, left.set).start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build()
    assert encoder.texts < len(TEXTS)


def test_an_error_of_the_work_is_raised_where_its_result_is_asked_for() -> None:
    """And not before: what goes on meanwhile is none of its business."""
    with meanwhile(lambda _progress: 1 // 0, _silent) as result, pytest.raises(ZeroDivisionError):
        result()
