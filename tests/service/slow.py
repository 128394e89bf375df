"""An encoder that takes its time over some questions, for tests of who waits for whom."""

import sys
import time
from collections.abc import Sequence

from index.encoders.hashing import HashingEncoder
from index.encoders.protocol import Vectors

SECONDS = 1.5


class SlowEncoder(HashingEncoder):
    """Waits before every question that has the word "slowly"."""

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Wait, then encode."""
        if any("slowly" in question for question in questions):
            time.sleep(SECONDS)
        return super().encode_questions(questions)


def open_slow() -> SlowEncoder:
    """Return the encoder, as a setting names it."""
    return SlowEncoder()


class ColdEncoder(HashingEncoder):
    """Takes its time over the first question, and says on standard error when that is done."""

    _cold = True

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Wait the first time, then encode."""
        if self._cold:
            time.sleep(SECONDS)
            self._cold = False
            sys.stderr.write("warm now\n")
            sys.stderr.flush()
        return super().encode_questions(questions)


def open_cold() -> ColdEncoder:
    """Return the encoder, as a setting names it."""
    return ColdEncoder()
