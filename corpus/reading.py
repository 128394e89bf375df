"""Paths to documents, in path order; what is not read is listed with its reason."""

import hashlib
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from corpus.allowance import LIMITS, Limits
from corpus.documents import Document, document_id
from corpus.errors import PathError, Reason, UnreadableError
from corpus.isolation import CORES, SHARED, Workers
from corpus.languages import language_of
from corpus.media_types import UNREAD
from corpus.readers import MEDIA_TYPES, read_by

_Read = TypeVar("_Read")


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


@dataclass(frozen=True, slots=True)
class File:
    """The bytes of a source before they are read as a document."""

    source: Source
    media_type: str
    data: bytes


def fetch(source: Source, limits: Limits = LIMITS) -> File:
    """Return the bytes of one file; UnreadableError says why it cannot be read."""
    media_type = MEDIA_TYPES.get(_ending(source.path))
    if media_type is None:
        raise UnreadableError(Reason.UNSUPPORTED_TYPE, unsupported(source.path))
    if str(source.path) != _shown(str(source.path)):
        raise UnreadableError(
            Reason.WRONG_ENCODING, "the name of the file or its folder is not UTF-8; rename it"
        )
    return File(source, media_type, _bytes_of(source.path, limits))


def document_of(file: File, limits: Limits = LIMITS, workers: Workers = SHARED) -> Document:
    """Read one file's bytes; UnreadableError says why they cannot be read."""
    return document_from_bytes(
        file.data,
        file.source.uri,
        file.media_type,
        source=str(file.source.path),
        limits=limits,
        workers=workers,
    )


def read(source: Source, limits: Limits = LIMITS, workers: Workers = SHARED) -> Document:
    """Read one file; UnreadableError says why it cannot be read."""
    return document_of(fetch(source, limits), limits, workers)


def document_from_bytes(
    data: bytes,
    uri: str,
    media_type: str,
    *,
    source: str = "",
    limits: Limits = LIMITS,
    workers: Workers = SHARED,
) -> Document:
    """Make a document of the bytes of a file of type `media_type`, parsed in another process.

    UnreadableError says why they cannot be read; IsolationError, that there is no such process.
    May be called from any number of threads: as many files are read at once as there are cores.
    """
    parsed = workers.parse(data, media_type, limits)
    content, said = parsed.content, parsed.content.attributes
    return Document(
        document_id=document_id(uri),
        uri=uri,
        title=content.title or Path(uri).stem,
        media_type=parsed.media_type,
        text=content.text,
        structure=content.structure,
        sha256=hashlib.sha256(data).hexdigest(),
        source=source,
        attributes=replace(
            said, language=language_of(content.text, said.language, parsed.media_type)
        ),
        read_by=read_by(parsed.media_type),
    )


def read_all(
    sources: Iterable[Source],
    skip: Callable[[Skipped], None],
    limits: Limits = LIMITS,
) -> Iterator[Document]:
    """Read the sources and give their documents in order; see `read_each`."""
    yield from read_each(sources, lambda one, workers: read(one, limits, workers), skip)


def read_each(
    sources: Iterable[Source],
    read_one: Callable[[Source, Workers], _Read],
    skip: Callable[[Skipped], None],
) -> Iterator[_Read]:
    """Read the sources, as many at once as there are cores, and give what is read in order.

    Those that cannot be read are handed to `skip`, in their place. Ended early (Ctrl-C), it ends
    what is being read.
    """
    workers, threads = Workers(), ThreadPoolExecutor(CORES, "reading")
    ahead: deque[tuple[Source, Future[_Read]]] = deque()
    remaining = iter(sources)
    try:
        while True:
            for source in islice(remaining, 2 * CORES - len(ahead)):
                ahead.append((source, threads.submit(read_one, source, workers)))
            if not ahead:
                return
            source, future = ahead.popleft()
            try:
                yield future.result()
            except UnreadableError as error:
                expected = error.reason is not Reason.UNSUPPORTED_TYPE
                fault = source.named or expected or _ending(source.path) in UNREAD
                skip(Skipped(source.uri, error.reason, str(error), fault))
    finally:
        workers.close()
        threads.shutdown(cancel_futures=True)


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


def _bytes_of(path: Path, limits: Limits) -> bytes:
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError(Reason.NOT_A_FILE, "a device, pipe or socket, not a file")
            data = b"" if status.st_size > limits.file else file.read(limits.file + 1)
            size = max(status.st_size, len(data))
    except OSError as error:
        raise UnreadableError(
            Reason.NOT_READABLE,
            f"the file cannot be opened ({_cause(error)}); give this user the right to read it",
        ) from error
    if size > limits.file:
        raise limits.too_large(size)
    return data


def unsupported(path: Path) -> str:
    """Say of a file whose ending no reader knows that it is not read, and what to do."""
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
