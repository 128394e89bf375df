"""What reading one file may cost, and what is said of a file that costs more."""

from dataclasses import dataclass

from corpus.errors import Reason, UnreadableError

_MIB = 1024 * 1024
_CHARACTERS_A_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one file may take; whatever takes more is refused with a reason.

    `file` is the size of the file in bytes, `seconds` the time that its reading may take, `memory`
    the bytes that the reading process may take beyond the file and what it had at its start,
    `text` the characters of the document that is made.
    """

    file: int = 64 * _MIB
    seconds: float = 60
    memory: int = 1024 * _MIB
    text: int = 16 * _MIB

    @property
    def blocks(self) -> int:
        """How many blocks, and how many pages, a document may have: one for 16 characters."""
        return max(1, self.text // _CHARACTERS_A_BLOCK)

    def too_large(self, size: int) -> UnreadableError:
        """Return the fault of a file of `size` bytes."""
        return UnreadableError(
            Reason.TOO_LARGE,
            f"the file has {size:,} bytes, more than the limit of {self.file:,}; "
            "part it, or raise PINCITE_LARGEST_FILE",
        )

    def too_slow(self) -> UnreadableError:
        """Return the fault of a file that is not read in time."""
        return UnreadableError(
            Reason.TOO_SLOW,
            f"reading the file takes more than {self.seconds:g} seconds; "
            "part or re-save it, or raise PINCITE_READ_SECONDS",
        )

    def too_much_memory(self) -> UnreadableError:
        """Return the fault of a file that needs more memory."""
        return UnreadableError(
            Reason.TOO_MUCH_MEMORY,
            f"reading the file takes more than {self.memory:,} bytes of memory; "
            "part or re-save it, or raise PINCITE_READ_MEMORY",
        )

    def too_much_text(self, characters: int) -> UnreadableError:
        """Return the fault of a file of so many characters."""
        return UnreadableError(
            Reason.TOO_MUCH_TEXT,
            f"the file has {characters:,} characters of text, more than the limit of "
            f"{self.text:,}; part it, or raise PINCITE_LARGEST_TEXT",
        )

    def too_many_blocks(self, blocks: int) -> UnreadableError:
        """Return the fault of a file of so many blocks, or pages."""
        return UnreadableError(
            Reason.TOO_MUCH_TEXT,
            f"the file has {blocks:,} paragraphs, rows or pages, more than the limit of "
            f"{self.blocks:,}; part it, or raise PINCITE_LARGEST_TEXT",
        )


LIMITS = Limits()
"""The limits where nobody chose others."""
