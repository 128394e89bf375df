"""Paths to documents, in path order; what is not read is listed with its reason."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpus.attributes import attributes_of
from corpus.documents import Document, document_id
from corpus.errors import PathError, Reason, UnreadableError
from corpus.media_types import UNREAD, refuse_wrong_type
from corpus.readers import MEDIA_TYPES, read_by, reader

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; a text of this size holds about 600,000 sentences."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read: its uri, the reason in one word, and in a sentence how to mend it.

    `fault` is False where nobody would expect the file to be read (a picture beside the leaflets).
    """

    uri: str
    reason: Reason
    detail: str
    fault: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read: where it is, the uri it is known by, and whether the caller named it."""

    path: Path
    uri: str
    named: bool


@dataclass(slots=True)
class Found:
    """The files under the paths that a caller named."""

    sources: list[Source] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def find(paths: Sequence[Path]) -> Found:
    """List the files under `paths` in path order; a file named itself is always a source.

    Raises PathError for a path that does not exist or cannot be opened. Links are followed where
    the caller named them; within a folder a link to a file of that folder is left to its own
    place, and one that leads outside is not followed.
    """
    found = Found()
    for path in paths:
        resolved = _resolve(path)
        if resolved.is_dir():
            _find_in_folder(resolved, found)
        else:
            found.sources.append(Source(resolved, _shown(path.name), named=True))
    _refuse_same_uris(found)
    return found


def read(source: Source, largest_file: int = LARGEST_FILE) -> Document:
    """Read one file; UnreadableError says why it cannot be read."""
    media_type = MEDIA_TYPES.get(_ending(source.path))
    if media_type is None:
        raise UnreadableError(Reason.UNSUPPORTED_TYPE, _unsupported(source.path))
    if str(source.path) != _shown(str(source.path)):
        raise UnreadableError(
            Reason.WRONG_ENCODING, "the name of the file or its folder is not UTF-8; rename it"
        )
    data = _bytes_of(source.path, largest_file)
    return document_from_bytes(data, source.uri, media_type, source=str(source.path))


def document_from_bytes(data: bytes, uri: str, media_type: str, *, source: str = "") -> Document:
    """Make a document of the bytes of a file of type `media_type`.

    Raises UnreadableError, also where the bytes are plainly of another type.
    """
    refuse_wrong_type(data, media_type)
    content = reader(media_type)(data)
    return Document(
        document_id=document_id(uri),
        uri=uri,
        title=content.title or Path(uri).stem,
        media_type=media_type,
        text=content.text,
        structure=content.structure,
        sha256=hashlib.sha256(data).hexdigest(),
        source=source,
        attributes=attributes_of(content),
        read_by=read_by(media_type),
    )


def read_all(
    sources: Iterable[Source],
    skip: Callable[[Skipped], None],
    largest_file: int = LARGEST_FILE,
) -> Iterator[Document]:
    """Read each source in turn, handing those that cannot be read to `skip`."""
    for source in sources:
        try:
            yield read(source, largest_file)
        except UnreadableError as error:
            expected = error.reason is not Reason.UNSUPPORTED_TYPE or _ending(source.path) in UNREAD
            fault = source.named or expected
            skip(Skipped(source.uri, error.reason, str(error), fault))


def _resolve(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except FileNotFoundError as error:
        raise PathError(f"{path}: no such file or folder; check the path") from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise PathError(f"{path}: cannot be opened ({_cause(error)}); check the path") from error


def _find_in_folder(folder: Path, found: Found) -> None:
    def unreadable(error: OSError) -> None:
        where = Path(error.filename) if error.filename else folder
        found.skipped.append(
            Skipped(
                _uri(where, folder),
                Reason.NOT_READABLE,
                f"the folder cannot be opened ({_cause(error)}); give this user the right to read",
            )
        )

    entries: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=unreadable, followlinks=False):
        here = Path(parent)
        for name in sorted(folders):
            if name.startswith("."):
                _hide(here / name, folder, found)
            elif (here / name).is_symlink():
                entries.append(here / name)
        folders[:] = [name for name in folders if not name.startswith(".")]
        entries.extend(here / name for name in files)
    for path in sorted(entries, key=lambda entry: _uri(entry, folder)):
        if path.name.startswith("."):
            _hide(path, folder, found)
        elif path.is_symlink():
            _judge_link(path, folder, found)
        else:
            found.sources.append(Source(path, _uri(path, folder), named=False))


def _hide(path: Path, folder: Path, found: Found) -> None:
    found.skipped.append(
        Skipped(_uri(path, folder), Reason.HIDDEN, "its name starts with a dot", fault=False)
    )


def _judge_link(path: Path, folder: Path, found: Found) -> None:
    uri = _uri(path, folder)
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        detail = f"the link cannot be followed ({_cause(error)}); mend or remove it"
        found.skipped.append(Skipped(uri, Reason.NOT_READABLE, detail))
        return
    if target.is_relative_to(folder):
        detail = f"a link to {_uri(target, folder)}, which is read at its own place"
        found.skipped.append(Skipped(uri, Reason.LINK, detail, fault=False))
    else:
        detail = "a link that leads outside the folder; name its target as a path of its own"
        found.skipped.append(Skipped(uri, Reason.OUTSIDE, detail))


def _refuse_same_uris(found: Found) -> None:
    """Keep the first source of each uri; list the others, unless they are the same file."""
    first: dict[str, Source] = {}
    for source in found.sources:
        kept = first.setdefault(source.uri, source)
        if kept.path != source.path:
            detail = (
                f"{source.path} would be known by the same name as {kept.path}; "
                "put both into one folder and index that folder"
            )
            found.skipped.append(Skipped(source.uri, Reason.SAME_URI, detail))
    found.sources[:] = first.values()


def _bytes_of(path: Path, largest_file: int) -> bytes:
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError(Reason.NOT_A_FILE, "a device, pipe or socket, not a file")
            data = b"" if status.st_size > largest_file else file.read(largest_file + 1)
            size = max(status.st_size, len(data))
    except OSError as error:
        raise UnreadableError(
            Reason.NOT_READABLE,
            f"the file cannot be opened ({_cause(error)}); give this user the right to read it",
        ) from error
    if size > largest_file:
        raise UnreadableError(
            Reason.TOO_LARGE,
            f"the file has {size:,} bytes, more than the limit of {largest_file:,}; "
            "part it, or raise PINCITE_LARGEST_FILE",
        )
    return data


def _unsupported(path: Path) -> str:
    ending = _ending(path)
    if mend := UNREAD.get(ending):
        return f"files with {ending} are not read; {mend}"
    known = ", ".join(sorted(MEDIA_TYPES))
    return f"files with {ending or 'no ending'} are not read; known are {known}"


def _ending(path: Path) -> str:
    return path.suffix.lower()


def _uri(path: Path, folder: Path) -> str:
    return _shown(path.relative_to(folder).as_posix())


def _shown(name: str) -> str:
    """Return a file's name with the replacement character for bytes that are no UTF-8."""
    return os.fsencode(name).decode("utf-8", "replace")


def _cause(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
