"""The bytes of one file to its content, in this process; readers run inside `reading_process`."""

from dataclasses import dataclass, replace

from corpus.attributes import attributes_of
from corpus.media_types import refuse_wrong_type
from corpus.readers import reader
from corpus.readers.content import Content


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was made of a file's bytes, and as what media type they were read."""

    media_type: str
    content: Content


def parse(data: bytes, media_type: str) -> Parsed:
    """Read the bytes of a file that is said to be of type `media_type`.

    Raises UnreadableError, also where the bytes are plainly of another type, and whatever else a
    defective reader raises: nothing guards this process. Documents are made by
    `reading.document_from_bytes`, which does.
    """
    refuse_wrong_type(data, media_type)
    content = reader(media_type)(data)
    return Parsed(media_type, replace(content, attributes=attributes_of(content, media_type)))
