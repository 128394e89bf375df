"""A file that an administrator sends: taken in under its own name, or refused with the mend."""

import logging
from pathlib import Path, PurePosixPath

from corpus.documents import document_id
from corpus.errors import Reason, UnreadableError
from corpus.readers import MEDIA_TYPES, READERS
from corpus.reading import unsupported
from service.desk import Desk, Upload
from service.errors import KNOWN, status_of
from service.notices import Outcome

_log = logging.getLogger(__name__)

_LONGEST_NAME = 255
_SERVERS = 500


def take(desk: Desk, collection: str, name: str, said: str, data: bytes) -> Outcome:
    """Add a file, or replace the document of its name, and say what became of it.

    `said` is the media type as a browser guesses it: the name's ending goes before it. No known
    fault leaves this function, so that of several files each has its own outcome.
    """
    try:
        media_type = _media_type(name, said)
        known = desk.known_as(collection, name)
        kept = desk.put(collection, Upload(known or document_id(name), name, media_type, data))
    except UnreadableError as error:
        return Outcome(name, "refused", reason=error.reason.value, detail=str(error))
    except KNOWN as error:
        status, title = status_of(error)
        if status >= _SERVERS:
            _log.error("%s", error)
        return Outcome(name, "refused", reason=title, detail=str(error))
    kind = "added" if kept.created else "replaced" if kept.changed else "unchanged"
    return Outcome(name, kind, kept.card.document_id, kept.card.title)


def _media_type(name: str, said: str) -> str:
    if len(name) > _LONGEST_NAME or not name.isprintable() or "/" in name or "\\" in name:
        raise UnreadableError(
            Reason.NOT_READABLE,
            f"a file's name has at most {_LONGEST_NAME} characters, no control characters and no "
            "slashes; rename it",
        )
    found = MEDIA_TYPES.get(PurePosixPath(name).suffix.lower())
    if found is None and said in READERS and not PurePosixPath(name).suffix:
        found = said
    if found is None:
        raise UnreadableError(Reason.UNSUPPORTED_TYPE, unsupported(Path(name)))
    return found
