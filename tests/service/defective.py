"""An encoder that fails as other people's code does: with the question in its message."""

from collections.abc import Sequence

from index.encoders.hashing import HashingEncoder
from index.encoders.protocol import Vectors


class DefectiveEncoder(HashingEncoder):
    """Encodes passages and the warming question, and no other."""

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Fail on whatever a person asked."""
        if list(questions) != ["warm"]:
            raise ZeroDivisionError(f"cannot encode {questions}")
        return super().encode_questions(questions)


def open_defective() -> DefectiveEncoder:
    """Open by `module:attribute`."""
    return DefectiveEncoder()
