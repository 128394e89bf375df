"""The same, but every question takes its time."""

from benchmarks.protocol import main
from tests.benchmarks.word_overlap import SLOW_SECONDS, WordOverlap


class Slowly(WordOverlap):
    """Sleeps before it answers."""

    seconds = SLOW_SECONDS


if __name__ == "__main__":
    main(Slowly)
