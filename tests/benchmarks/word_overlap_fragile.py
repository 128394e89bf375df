"""The same, but it ends where two clients ask at once."""

import os
import threading

from benchmarks.protocol import Found, main
from tests.benchmarks.word_overlap import SLOW_SECONDS, WordOverlap

_STATUS = 7


class Fragile(WordOverlap):
    """Bears one client."""

    seconds = SLOW_SECONDS
    _asked = threading.Lock()

    def query(self, question: str, top: int) -> list[Found]:
        """End the process where another question is under way."""
        if not self._asked.acquire(blocking=False):
            os._exit(_STATUS)
        try:
            return super().query(question, top)
        finally:
            self._asked.release()


if __name__ == "__main__":
    main(Fragile)
