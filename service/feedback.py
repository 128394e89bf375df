"""HOME/feedback.jsonl: whether an answer helped, and not a word of what was asked.

A line holds the day, the collection, the bucket, yes or no, and the document that was shown.
"""

import hmac
import json
import os
import secrets
import threading
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Literal

from service.errors import FeedbackError

Shown = Literal["high", "medium", "low", "none"]
"""The bucket of the answer; `none` where there was no answer."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """One answer judged by whoever read it; no document, and "" for it, without an answer."""

    collection: str
    bucket: Shown
    document_id: str
    helpful: bool


class FeedbackBook:
    """Appends to the file of one HOME."""

    def __init__(self, home: Path) -> None:
        self._path = home / "feedback.jsonl"
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()

    def seal(self, collection: str, bucket: str, document_id: str) -> str:
        """Return what a form carries to show that one of our own pages made it, since the start.

        A page of another site can send a form here, but cannot read a seal.
        """
        text = f"{collection}\n{bucket}\n{document_id}"
        return hmac.new(self._key, text.encode(), sha256).hexdigest()

    def is_sealed(self, feedback: Feedback, seal: str) -> bool:
        """Tell whether a form's seal is that of what it says."""
        wanted = self.seal(feedback.collection, feedback.bucket, feedback.document_id)
        return hmac.compare_digest(wanted.encode(), seal.encode())

    def note(self, feedback: Feedback, day: date) -> None:
        """Append a line; FeedbackError where the file cannot be written."""
        line = {
            "day": day.isoformat(),
            "collection": feedback.collection,
            "bucket": feedback.bucket,
            "helpful": feedback.helpful,
            "document_id": feedback.document_id or None,
        }
        data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
        try:
            with self._lock:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
                descriptor = os.open(self._path, flags, 0o600)
                try:
                    os.write(descriptor, data)  # a line at once: others may append too
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise FeedbackError(
                f"{self._path.name} cannot be written ({error.strerror}); free some space or give "
                "the right to write"
            ) from error
