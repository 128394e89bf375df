"""Every command as a person runs it: a process with an exit status, output and errors."""

import json
import subprocess
from pathlib import Path

import pytest

from index.collection import Collection
from tests.building import LEAFLETS, write
from tests.processes import PINCITE, environment, one_line, run

COMMANDS = [
    *(("serve",), ("index",), ("ask",), ("documents",), ("builds",), ("doctor",)),
    *(("documents", name) for name in ("list", "show", "remove")),
    *(("builds", name) for name in ("list", "activate", "prune")),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a HOME with two small leaflets, whose files are beside it in `source`."""
    done = run(tmp_path / "home", "index", write(tmp_path / "source"))
    assert done.returncode == 0, done.stderr
    return tmp_path / "home"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(tmp_path: Path, command: tuple[str, ...]) -> None:
    """--help ends with 0 and opens no HOME."""
    done = run(tmp_path / "home", *command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: pincite ")
    assert not (tmp_path / "home").exists()


def test_the_version_is_the_distributions(tmp_path: Path) -> None:
    """pincite, version, number."""
    assert run(tmp_path, "--version").stdout.startswith("pincite, version ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("index",),
        ("ask",),
        ("ask", "a", "b"),
        ("ask", "spasms", "--mode", "magic"),
        ("ask", "spasms", "-k", "many"),
        ("ask", "spasms", "--filter", "{"),
        ("serve", "--port", "65536"),
        ("serve", "--port", "x"),
        ("builds", "prune"),
        ("builds", "prune", "--keep", "0"),
        ("documents", "show"),
        ("documents", "list", "--no-such-option"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The message says how it is used; there is no traceback."""
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ask", "spasms"), "nothing is indexed in the collection 'default'; pincite index PATH"),
        (("documents", "list"), "nothing is indexed in the collection 'default'"),
        (("documents", "show", "a"), "nothing is indexed in the collection 'default'"),
        (("documents", "remove", "a"), "the collection 'default' has no document 'a'"),
        (("builds", "activate", "a"), "has no build 'a'; pincite builds list"),
        (("index", "/no/such/path"), "/no/such/path: no such file or folder; check the path"),
        (("serve", "/no/such/path", "--port", "0"), "/no/such/path: no such file or folder"),
        (("ask", "a b", "--collection", "A B"), "'A B' cannot name a collection"),
        (("index", "/", "--collection", "../x"), "'../x' cannot name a collection"),
    ],
)
def test_a_known_fault_is_one_line_and_status_1(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """What, where and how to mend it; nothing on standard output."""
    done = run(tmp_path / "home", *arguments)
    assert done.returncode == 1
    assert one_line(done.stderr).startswith("pincite: ")
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "question", ["", "   ", "a" * 10_000, "zanzibar7q\x1b[2J", b"zanzibar7q \xff\xfe", "a\x7fb"]
)
def test_a_bad_question_is_one_line_without_its_words(home: Path, question: str | bytes) -> None:
    """Even at level debug the line does not repeat the question."""
    done = subprocess.run(
        [PINCITE, "ask", question],
        env=environment(home, PINCITE_LOG_LEVEL="debug"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("pincite: question: ")
    assert "zanzibar7q" not in done.stderr + done.stdout


@pytest.mark.parametrize("top_k", ["0", "-1", "51", "1000000000"])
def test_a_bad_number_of_citations_is_one_line(home: Path, top_k: str) -> None:
    """1 to 50, as over HTTP."""
    done = run(home, "ask", "spasms", "-k", top_k)
    assert done.returncode == 1
    assert one_line(done.stderr).startswith("pincite: top_k: ")


def test_index_reports_what_it_did(home: Path) -> None:
    """A second run says that nothing has changed; --json is the same for a machine."""
    source = home.parent / "source"
    assert run(home, "index", source).stdout == "nothing has changed (2 documents)\n"
    write(source, {"new.txt": "Something new.\n", "empty.txt": ""})
    dry = run(home, "index", source, "--dry-run", "--json")
    assert json.loads(dry.stdout)["dry_run"] is True
    assert dry.returncode == 1
    done = run(home, "index", source, "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["added"] == ["new.txt"]
    assert [one["reason"] for one in report["skipped"]] == ["empty"]
    assert report["counts"]["documents"] == 3
    plain = run(home, "index", source)
    assert "skipped empty.txt (empty)" in one_line(plain.stderr)


def test_ask_answers_in_words_and_in_json(home: Path) -> None:
    """The quote and its place; or, where nothing answers, that it says so."""
    question = "These spasms usually last 60 to 90 seconds"
    words = run(home, "ask", question)
    assert words.returncode == 0
    body = json.loads(run(home, "ask", question, "--json").stdout)
    if body["status"] == "no_answer":  # as the scale has it for an encoder without a model
        assert "Nothing in these documents answers this." in words.stdout
    else:
        assert "[c1] These spasms usually last 60 to 90 seconds." in words.stdout
        assert "line 3" in words.stdout
        assert body["citations"][0]["quote"] == "These spasms usually last 60 to 90 seconds."
    none = run(home, "ask", "?")
    assert none.returncode == 0
    assert "Nothing in these documents answers this." in none.stdout
    assert "too_short" in none.stdout


def test_documents_are_listed_shown_and_removed(home: Path) -> None:
    """The ids of the list are those of show and remove."""
    listed = json.loads(run(home, "documents", "list", "--json").stdout)
    assert [one["uri"] for one in listed] == sorted(LEAFLETS)
    first = listed[0]["document_id"]
    assert run(home, "documents", "list").stdout.startswith(f"{first}\t")
    shown = json.loads(run(home, "documents", "show", first, "--json").stdout)
    assert shown["text"] == LEAFLETS["spasms.txt"].rstrip("\n") or shown["text"].strip()
    for one in shown["sentences"]:
        assert shown["text"][one["start"] : one["end"]].strip()
    words = run(home, "documents", "show", first).stdout
    assert "s2\tline 3\tThese spasms usually last 60 to 90 seconds." in words
    assert run(home, "documents", "remove", first).returncode == 0
    gone = run(home, "documents", "show", first)
    assert gone.returncode == 1
    assert "there is no document" in one_line(gone.stderr)


def test_builds_are_listed_activated_and_pruned(home: Path) -> None:
    """Going back to the first build, then deleting all but it and the newest."""
    source = home.parent / "source"
    for number in (1, 2):
        write(source, {f"{number}.txt": f"Number {number}.\n"})
        assert run(home, "index", source).returncode == 0
    collection = Collection(home, "default")
    first, middle, last = collection.builds()
    listed = run(home, "builds", "list").stdout
    says = "Flat: exact"
    assert listed == f"  {first}  {says}\n  {middle}  {says}\n* {last}  {says}\n"
    back = run(home, "builds", "activate", first).stdout
    assert back == f"gone    1.txt\ngone    2.txt\npublished build {first}\n"
    assert collection.current() == first
    assert run(home, "builds", "prune", "--keep", "1").stdout == f"deleted {middle}\n"
    dense = {"description": "Flat", "recall": 1.0, "questions": 0, "goal": 1.0}
    assert json.loads(run(home, "builds", "list", "--json").stdout) == [
        {"id": first, "current": True, "dense": dense},
        {"id": last, "current": False, "dense": dense},
    ]


def test_garbage_in_current_can_be_seen_and_mended_in_the_shell(home: Path) -> None:
    """`builds list` tells of it and still lists; `builds activate` mends it."""
    collection = Collection(home, "default")
    (build,) = collection.builds()
    (collection.folder / "CURRENT").write_text("garbage", encoding="ascii")
    listed = run(home, "builds", "list")
    assert (listed.returncode, listed.stdout) == (0, f"  {build}  Flat: exact\n")
    assert "CURRENT: names no build" in one_line(listed.stderr)
    assert run(home, "builds", "activate", build).returncode == 0
    assert run(home, "ask", "spasms").returncode == 0


def test_doctor_finds_a_sound_home_sound(home: Path) -> None:
    """Every finding is ok, in words and in JSON."""
    done = run(home, "doctor", "--json")
    assert done.returncode == 0, done.stdout
    body = json.loads(done.stdout)
    assert body["ok"] is True
    assert len(body["findings"]) >= 5
    words = run(home, "doctor")
    assert all(line.startswith("ok ") for line in words.stdout.splitlines())


def test_doctor_finds_damage(home: Path) -> None:
    """Exit status 1, a FAULT that names the file, and how to mend it."""
    path = Collection(home, "default").published().layout.vectors
    path.write_bytes(path.read_bytes()[:-1])
    done = run(home, "doctor")
    assert done.returncode == 1
    assert "FAULT" in done.stdout
    assert "vectors.npy" in done.stdout
    assert "mend: " in done.stdout
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_read_enough_is_no_fault(home: Path) -> None:
    """`pincite documents show ID | head -1` prints no traceback."""
    listed = json.loads(run(home, "documents", "list", "--json").stdout)
    write(home.parent / "source", {"long.txt": "".join(f"Line {n}.\n\n" for n in range(9_000))})
    assert run(home, "index", home.parent / "source").returncode == 0
    listed = json.loads(run(home, "documents", "list", "--json").stdout)
    document_id = next(one["document_id"] for one in listed if one["uri"] == "long.txt")
    done = subprocess.run(
        ["sh", "-c", '"$1" documents show "$2" | head -1', "sh", PINCITE, document_id],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith("long")
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_a_path_whose_name_is_no_utf8_is_a_known_fault(tmp_path: Path) -> None:
    """Its bytes are shown as far as they can be, on one line."""
    done = subprocess.run(
        [PINCITE, "index", b"/no/such/\xff\xfe"],
        env=environment(tmp_path),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert b"no such file or folder" in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_a_filter_is_asked_with_in_the_shell(home: Path) -> None:
    """As in the API: what it leaves is cited, what it cannot be is one line."""
    wanted = json.dumps({"type": "eq", "key": "uri", "value": "tablets.txt"})
    done = run(home, "ask", "tell your nurse about every fall", "--filter", wanted, "--json")
    assert done.returncode == 0, done.stderr
    assert "spasms.txt" not in done.stdout
    assert {one["document"]["uri"] for one in json.loads(done.stdout)["citations"]} <= {
        "tablets.txt"
    }
    wrong = run(home, "ask", "falls", "--filter", wanted.replace("uri", "author"))
    assert wrong.returncode == 1
    assert "filters/key: Input should be" in one_line(wrong.stderr)
