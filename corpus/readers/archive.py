"""A zip archive, opened so that a hostile one costs no more than it may: parts by name, in memory.

Nothing is written to disk, no archive within the archive is entered, and what nobody asks for is
never unpacked.
"""

import io
import lzma
import struct
import zipfile
import zlib

from corpus.errors import Reason, UnreadableError

MOST_PARTS = 20_000
LARGEST_PART = 128 * 1024 * 1024
"""Bytes, unpacked."""

LARGEST_WHOLE = 256 * 1024 * 1024
"""Bytes that may be unpacked from one archive, over all parts that are read."""

STEEPEST = 300
"""Times that a part may be larger than packed; text in XML packs 5 to 100 times."""

_TOO_SMALL_TO_HARM = 16 * 1024 * 1024
_CONTAINER = bytes.fromhex("d0cf11e0a1b11ae1")
FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    OverflowError,
)
"""What zipfile raises for hostile and broken archives, beside RuntimeError and KeyError."""


class Archive:
    """The parts of a zip archive; their names are compared without case."""

    def __init__(self, data: bytes, form: str) -> None:
        """Open `data`, which should be `form` ("a Word document (.docx)").

        Raises UnreadableError: `empty`, `wrong_type` for what is no zip archive, `encrypted` for
        an Office file under a password, `damaged`, `too_much_text` for too many parts.
        """
        _refuse_other_files(data, form)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except FAULTS as error:
            raise _damaged(f"the file is cut off or damaged: it should be {form}") from error
        if len(entries) > MOST_PARTS:
            raise UnreadableError(
                Reason.TOO_MUCH_TEXT,
                f"the file holds {len(entries):,} parts, more than {MOST_PARTS:,}; part it",
            )
        self._entries = {_key(entry.filename): entry for entry in entries}
        self._left = LARGEST_WHOLE

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._entries

    def read(self, name: str) -> bytes:
        """Unpack one part.

        Raises UnreadableError: `damaged` for one that is not there or does not unpack,
        `encrypted`, `too_much_text` for one that unpacks to more than the limits.
        """
        entry = self._entries.get(_key(name))
        if entry is None:
            raise _damaged(f"the part {name} is missing")
        if entry.flag_bits & 1:
            raise UnreadableError(
                Reason.ENCRYPTED, "the file is locked by a password; save it without one"
            )
        limit = min(LARGEST_PART, self._left)
        if entry.file_size > _TOO_SMALL_TO_HARM:
            limit = min(limit, max(entry.compress_size, 1) * STEEPEST)
        if entry.file_size > limit:
            raise _too_much(name, entry.file_size)
        try:
            with self._zip.open(entry) as part:
                unpacked = part.read(limit + 1)
        except FAULTS as error:
            raise _damaged(f"the part {name} does not unpack") from error
        except RuntimeError as error:  # the library's word for a missing password
            raise UnreadableError(
                Reason.ENCRYPTED, "the file is locked by a password; save it without one"
            ) from error
        if len(unpacked) > limit:
            raise _too_much(name, len(unpacked))
        self._left -= len(unpacked)
        return unpacked


def _refuse_other_files(data: bytes, form: str) -> None:
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadableError(Reason.EMPTY, "the file is empty; put text into it or remove it")
    if data.startswith(_CONTAINER):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadableError(
                Reason.ENCRYPTED, "the file is locked by a password; save it without one"
            )
        raise UnreadableError(
            Reason.WRONG_TYPE,
            "the file is of an old Office format (.doc, .xls); open it and save it in the new one "
            "(.docx, .xlsx)",
        )
    if not data.startswith(b"PK"):
        raise UnreadableError(
            Reason.WRONG_TYPE, f"the file is not {form}; give it its true file name ending"
        )


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _damaged(what: str) -> UnreadableError:
    return UnreadableError(Reason.DAMAGED, f"{what}; open it and save it again")


def _too_much(name: str, size: int) -> UnreadableError:
    return UnreadableError(
        Reason.TOO_MUCH_TEXT,
        f"the part {name} unpacks to {size:,} bytes, more than is read; part the document",
    )
