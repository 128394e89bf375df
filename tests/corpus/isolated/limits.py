"""What a file may take in these tests, and the fault that it costs."""

import pytest

from corpus.allowance import Limits
from corpus.errors import UnreadableError
from corpus.isolation import Workers

MIB = 1024 * 1024
PATIENT = Limits(memory=256 * MIB)
HASTY = Limits(seconds=1.5, memory=256 * MIB)


def fault(
    workers: Workers, name: str, data: bytes = b"Rest first.", limits: Limits = PATIENT
) -> UnreadableError:
    """Return the fault that a hostile reader costs its file; the next file is read."""
    with pytest.raises(UnreadableError) as caught:
        workers.parse(data, f"test/{name}", limits)
    assert workers.parse(b"Drink enough.", "test/well", PATIENT).content.text == "Drink enough."
    return caught.value
