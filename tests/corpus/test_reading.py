import hashlib
import multiprocessing
import os
import socket
from pathlib import Path

import pytest

from corpus.allowance import LIMITS, Limits
from corpus.errors import PathError, Reason, UnreadableError
from corpus.reading import Skipped, Source, document_from_bytes, find, read, read_all


def source(path: Path) -> Source:
    """Name a file as a caller would."""
    return Source(path, path.name, named=True)


def refused(path: Path, limits: Limits = LIMITS) -> UnreadableError:
    """Return the fault that reading raises."""
    with pytest.raises(UnreadableError) as caught:
        read(source(path), limits)
    return caught.value


def skipped(folder: Path) -> dict[str, tuple[Reason, bool]]:
    """Read a whole folder; return why each file that gave no document did not, by uri."""
    found = find([folder])
    reports = list(found.skipped)
    for _ in read_all(found.sources, reports.append):
        pass
    return {one.uri: (one.reason, one.fault) for one in reports}


def write(path: Path, text: str = "Rest first.") -> Path:
    """Write a file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def test_a_file_becomes_a_document(tmp_path: Path) -> None:
    """A document knows its text, its type, what it was read from and the hash of those bytes."""
    path = write(tmp_path / "Rest and sleep.txt", "Rest first.\r\n")
    document = read(source(path))
    assert document.text == "Rest first.\n"
    assert (document.title, document.uri) == ("Rest and sleep", "Rest and sleep.txt")
    assert (document.media_type, document.source) == ("text/plain", str(path))
    assert document.sha256 == hashlib.sha256(b"Rest first.\r\n").hexdigest()


def test_reading_twice_gives_equal_values(tmp_path: Path) -> None:
    """Nothing of the moment enters a document."""
    path = write(tmp_path / "a.md", "# A\n\nRest first.\n\n- one\n- two\n")
    assert read(source(path)) == read(source(path))


def test_an_uploaded_document_has_no_source() -> None:
    """What came by another way than a file has no path."""
    assert document_from_bytes(b"Rest first.", "a.txt", "text/plain").source == ""


def test_a_folder_is_read_in_path_order(tmp_path: Path) -> None:
    """The order of documents does not depend on the file system, and deep folders are read."""
    deep = "/".join("abcdefghijklmnopqrstuvwxyz") + "/deep.md"
    for name in ("b.txt", "a/z.html", deep, "B.TXT", "a.txt"):
        write(tmp_path / name, "<p>Rest first.</p>")
    assert [one.uri for one in find([tmp_path]).sources] == sorted(
        ["B.TXT", "a.txt", deep, "a/z.html", "b.txt"]
    )
    assert len(list(read_all(find([tmp_path]).sources, lambda _: None))) == 5


def test_a_missing_path_is_a_fault_of_the_caller(tmp_path: Path) -> None:
    """A path that does not exist stops the work before it begins."""
    with pytest.raises(PathError, match="no such file"):
        find([tmp_path / "missing"])


def test_a_file_that_vanishes_is_skipped(tmp_path: Path) -> None:
    """What went away between listing and reading is reported, and the others are read."""
    write(tmp_path / "a.txt")
    gone = write(tmp_path / "b.txt")
    found = find([tmp_path])
    gone.unlink()
    reports: list[Skipped] = []
    assert [one.uri for one in read_all(found.sources, reports.append)] == ["a.txt"]
    assert [(one.uri, one.reason) for one in reports] == [("b.txt", Reason.NOT_READABLE)]


def test_an_unsupported_type_is_a_fault_only_where_it_was_named(tmp_path: Path) -> None:
    """A picture beside the leaflets is expected; a picture named on the command line is not."""
    picture = write(tmp_path / "photo.png")
    assert skipped(tmp_path) == {"photo.png": (Reason.UNSUPPORTED_TYPE, False)}
    assert skipped(picture) == {"photo.png": (Reason.UNSUPPORTED_TYPE, True)}
    assert ".txt" in str(refused(picture))


def test_a_file_over_the_limit_is_refused_with_both_numbers(tmp_path: Path) -> None:
    """The limit itself is allowed, one byte more is not."""
    path = write(tmp_path / "a.txt", "Rest first.")
    assert read(source(path), Limits(file=11)).text == "Rest first."
    error = refused(path, Limits(file=10))
    assert error.reason is Reason.TOO_LARGE
    assert "11 bytes" in str(error)
    assert "10" in str(error)


def test_a_huge_file_is_refused_without_being_read(tmp_path: Path) -> None:
    """200 MB of nothing are told by their size alone: hardly any memory is taken."""
    path = tmp_path / "huge.txt"
    path.touch()
    os.truncate(path, 200 * 1024 * 1024)
    before = _resident_bytes()
    assert refused(path).reason is Reason.TOO_LARGE
    assert _resident_bytes() - before < 20 * 1024 * 1024


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_a_zero_byte_file_is_empty(tmp_path: Path) -> None:
    """An empty file is listed as empty, with what to do."""
    path = tmp_path / "a.txt"
    path.touch()
    assert refused(path).reason is Reason.EMPTY


def test_a_pipe_does_not_hold_up_the_reading(tmp_path: Path) -> None:
    """A pipe named .txt that nobody writes to is refused at once."""
    os.mkfifo(tmp_path / "a.txt")
    assert skipped(tmp_path) == {"a.txt": (Reason.NOT_A_FILE, True)}


def test_a_device_is_no_file(tmp_path: Path) -> None:
    """A device without end under the name of a text is refused, not read."""
    path = tmp_path / "a.txt"
    try:
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root may make a device")
    try:
        error = refused(path)
    finally:
        path.unlink()
    # Where devices are forbidden on this file system, opening fails instead.
    assert error.reason in {Reason.NOT_A_FILE, Reason.NOT_READABLE}


def test_a_socket_is_no_file(tmp_path: Path) -> None:
    """A socket named .txt is refused."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "a.txt"))
        assert refused(tmp_path / "a.txt").reason is Reason.NOT_READABLE


def test_a_folder_named_like_a_file_is_a_folder(tmp_path: Path) -> None:
    """What a folder is called does not make it a file."""
    write(tmp_path / "x.txt" / "a.txt")
    assert [one.uri for one in find([tmp_path]).sources] == ["x.txt/a.txt"]
    assert [one.uri for one in find([tmp_path / "x.txt"]).sources] == ["a.txt"]


def test_hidden_files_and_folders_are_left_and_listed(tmp_path: Path) -> None:
    """A dot at the beginning of a name hides it, and the report says so."""
    write(tmp_path / ".hidden.txt")
    write(tmp_path / ".git" / "a.txt")
    write(tmp_path / "seen.txt")
    assert [one.uri for one in find([tmp_path]).sources] == ["seen.txt"]
    assert skipped(tmp_path) == {
        ".hidden.txt": (Reason.HIDDEN, False),
        ".git": (Reason.HIDDEN, False),
    }


def test_a_hidden_file_that_is_named_is_read(tmp_path: Path) -> None:
    """The caller's word counts more than the dot."""
    path = write(tmp_path / ".hidden.txt")
    assert [one.path for one in find([path]).sources] == [path]


def test_links_within_a_folder_are_told_apart(tmp_path: Path) -> None:
    """A link inward is left to its target's place, one outward is a fault, a loop is a fault."""
    folder = tmp_path / "folder"
    inside, outside = write(folder / "a.txt"), write(tmp_path / "other" / "b.txt")
    (folder / "inward.txt").symlink_to(inside)
    (folder / "outward.txt").symlink_to(outside)
    (folder / "outward").symlink_to(outside.parent)
    (folder / "upward").symlink_to(folder)
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "broken.txt").symlink_to(folder / "missing.txt")
    assert [one.uri for one in find([folder]).sources] == ["a.txt"]
    assert skipped(folder) == {
        "inward.txt": (Reason.LINK, False),
        "upward": (Reason.LINK, False),
        "outward.txt": (Reason.OUTSIDE, True),
        "outward": (Reason.OUTSIDE, True),
        "loop.txt": (Reason.NOT_READABLE, True),
        "broken.txt": (Reason.NOT_READABLE, True),
    }


def test_a_named_link_is_followed(tmp_path: Path) -> None:
    """The caller may name a link to a file or to a folder."""
    path = write(tmp_path / "other" / "b.txt")
    (tmp_path / "file.txt").symlink_to(path)
    (tmp_path / "folder").symlink_to(path.parent)
    assert [one.path for one in find([tmp_path / "file.txt"]).sources] == [path]
    assert [one.path for one in find([tmp_path / "folder"]).sources] == [path]


def test_a_named_loop_of_links_is_a_fault_of_the_caller(tmp_path: Path) -> None:
    """A link that leads to itself cannot be opened."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(PathError, match="cannot be opened"):
        find([tmp_path / "loop"])


def test_two_files_of_one_name_do_not_hide_one_another(tmp_path: Path) -> None:
    """The first is read, the second is listed with both paths and the way out."""
    first, second = write(tmp_path / "a" / "x.txt"), write(tmp_path / "b" / "x.txt")
    found = find([first, second])
    assert [one.path for one in found.sources] == [first]
    (report,) = found.skipped
    assert (report.uri, report.reason) == ("x.txt", Reason.SAME_URI)
    assert str(first) in report.detail
    assert str(second) in report.detail


def test_one_file_named_twice_is_read_once(tmp_path: Path) -> None:
    """A repetition is no fault."""
    path = write(tmp_path / "x.txt")
    found = find([path, path, tmp_path])
    assert [one.path for one in found.sources] == [path]
    assert found.skipped == []


def test_a_file_name_that_is_no_utf_8_is_refused_and_shown(tmp_path: Path) -> None:
    """Such a name cannot be stored or shown, so the file is listed with what to do."""
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        write(tmp_path / name)
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    assert skipped(tmp_path) == {"caf\ufffd.txt": (Reason.WRONG_ENCODING, True)}
    assert skipped(tmp_path / name) == {"caf\ufffd.txt": (Reason.WRONG_ENCODING, True)}


def _as_nobody(
    folder: Path, answers: "multiprocessing.Queue[dict[str, tuple[Reason, bool]]]"
) -> None:
    # Started while that is allowed: nobody may not run the interpreter everywhere.
    document_from_bytes(b"Rest first.", "a.txt", "text/plain")
    os.setgid(65534)
    os.setuid(65534)
    found = find([folder])
    reports = list(found.skipped)
    for one in found.sources:
        try:
            read(one)
        except UnreadableError as error:
            reports.append(Skipped(one.uri, error.reason, str(error)))
    answers.put({one.uri: (one.reason, one.fault) for one in reports})


def test_what_the_user_may_not_read_is_listed(tmp_path: Path) -> None:
    """A closed file and a closed folder are reported, and the rest is read."""
    write(tmp_path / "open.txt")
    write(tmp_path / "closed.txt").chmod(0)
    write(tmp_path / "closed" / "a.txt").parent.chmod(0)
    expected = {
        "closed.txt": (Reason.NOT_READABLE, True),
        "closed": (Reason.NOT_READABLE, True),
    }
    try:
        if os.geteuid() != 0:
            assert skipped(tmp_path) == expected
            return
        # Root may read everything, so another user has to try.
        for parent in (tmp_path, *tmp_path.parents[:-2]):
            parent.chmod(parent.stat().st_mode | 0o055)
        context = multiprocessing.get_context("spawn")
        answers: multiprocessing.Queue[dict[str, tuple[Reason, bool]]] = context.Queue()
        process = context.Process(target=_as_nobody, args=(tmp_path, answers))
        process.start()
        assert answers.get(timeout=60) == expected
        process.join()
    finally:
        (tmp_path / "closed").chmod(0o755)
