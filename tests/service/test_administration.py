import re
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from index.collection import Collection
from index.doctor import Finding
from index.errors import BusyError
from service.app import create_app
from service.checkups import Checkups
from service.errors import RequestError
from service.routes import administration
from service.unanswered import KeptQuestions
from tests.building import index, indexed, library, makers, write
from tests.service.test_unanswered import ask
from tests.service.writing import HERE, at_the_desk, quotes

HOSTILE = "<script>alert(1)</script>"
BASE = "/admin/collections/default"


@pytest.fixture
def admin(tmp_path: Path) -> TestClient:
    """Return a browser on this machine that looks at a service with two leaflets."""
    indexed(tmp_path / "home")
    headers = {"accept": "text/html", "origin": HERE}
    return at_the_desk(tmp_path / "home", headers=headers, raise_server_exceptions=False)


def upload(client: TestClient, *files: tuple[str, bytes], **more: Any) -> Any:  # noqa: ANN401
    """Send files as the form does; return the page that follows."""
    sent = [("files", (name, data)) for name, data in files]
    return client.post("/admin/upload", data={"collection": "default"}, files=sent, **more)


def confirm(client: TestClient, path: str, **fields: str) -> Any:  # noqa: ANN401
    """Open a page that asks, and confirm with its own hidden fields; return what follows."""
    asked = client.get(path)
    assert asked.status_code == 200, asked.text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    return client.post(path.partition("?")[0], data={**hidden, **fields})


def test_each_uploaded_file_has_its_outcome(admin: TestClient) -> None:
    """Added, replaced, unchanged and refused, and what is taken in is found at once."""
    assert "Added" in upload(admin, ("v.txt", b"Visiting hours end at eight.\n")).text
    shown = upload(
        admin,
        ("v.txt", b"Visiting hours end at nine.\n"),
        ("spasms.txt", Path(_source(admin) / "spasms.txt").read_bytes()),
        ("empty.txt", b""),
        ("old.doc", b"x"),
        (f"{HOSTILE.replace('/', '')}.exe", b"x"),
    )
    assert shown.url.path.startswith("/admin/outcomes/")
    assert "Replaced" in shown.text
    assert "Unchanged" in shown.text
    assert shown.text.count("Refused") == 3
    assert "save it as .docx" in shown.text
    assert "put text into it" in shown.text
    assert "<script>alert" not in shown.text
    assert "&lt;script&gt;alert" in shown.text
    assert "Visiting hours end at nine." in quotes(admin, "when do visiting hours end")


def test_a_title_with_markup_is_text(admin: TestClient) -> None:
    """On every page that shows it."""
    text = f"# {HOSTILE.replace('<', '&lt;')}\n\nA rule.\n".encode()
    assert "&lt;script&gt;" in upload(admin, ("a.md", text)).text
    shown = admin.get(BASE).text
    assert "&lt;script&gt;" in shown
    assert HOSTILE not in shown


def test_a_document_is_removed_only_when_it_is_confirmed(admin: TestClient) -> None:
    """And erased from the kept builds where that is ticked."""
    one, other = re.findall(rf'action="({BASE}/documents/[^"]+)"', admin.get(BASE).text)
    before = len(admin.get("/v1/builds").json()["builds"])
    assert "Remove this document?" in admin.get(one).text
    assert len(admin.get("/v1/documents").json()["documents"]) == 2
    assert "no longer found" in confirm(admin, one).text
    assert len(admin.get("/v1/documents").json()["documents"]) == 1
    assert len(admin.get("/v1/builds").json()["builds"]) == before + 1
    assert "is erased" in confirm(admin, other, erase="true").text
    assert len(admin.get("/v1/builds").json()["builds"]) == 1
    assert admin.get(other).status_code == 404


def test_going_back_says_what_comes_back_and_what_goes(admin: TestClient) -> None:
    """And is refused where something else was published since it was asked."""
    old = admin.get("/v1/builds").json()["builds"][0]["id"]
    upload(admin, ("v.txt", b"Visiting hours end at eight.\n"))
    path = f"{BASE}/builds/{old}/activate"
    asked = admin.get(path).text
    assert "1 document goes" in asked
    assert "v.txt" in asked
    stale = admin.post(path, data={"published": old})
    assert stale.status_code == 409
    assert "meanwhile" in stale.text
    assert old in confirm(admin, path).text
    assert [one["id"] for one in admin.get("/v1/builds").json()["builds"] if one["current"]] == [
        old
    ]
    assert admin.get(f"{BASE}/builds/none/activate").status_code == 404


def test_old_builds_are_deleted(admin: TestClient, tmp_path: Path) -> None:
    """As many as the page named before."""
    upload(admin, ("v.txt", b"Hours end at eight.\n"), ("w.txt", b"Wards open at nine.\n"))
    held = Collection(tmp_path / "home", "default")
    oldest = held.builds()[:2]
    asked = admin.get(f"{BASE}/prune?keep=1").text
    assert all(name in asked for name in oldest)
    assert "2 builds are deleted" in confirm(admin, f"{BASE}/prune?keep=1").text
    assert held.builds() == [held.current()]


def test_skipped_files_are_shown_with_their_mend(admin: TestClient, tmp_path: Path) -> None:
    """And stay on the page when one document is uploaded."""
    index(tmp_path / "home", write(tmp_path / "more", {f"{HOSTILE[:8]}.txt": "", "n.txt": "N.\n"}))
    for _ in range(2):
        shown = admin.get(BASE).text
        assert "&lt;script&gt;.txt" in shown
        assert "put text into it or remove it" in shown
        upload(admin, ("v.txt", b"Visiting hours end at eight.\n"))


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": HERE, "sec-fetch-site": "cross-site"},
        {"origin": HERE, "sec-fetch-site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(admin: TestClient, headers: dict[str, str]) -> None:
    """Nothing is changed; neither is it by a form that does not say where it comes from."""
    assert upload(admin, ("v.txt", b"Hours.\n"), headers=headers).status_code == 403
    del admin.headers["origin"]
    assert upload(admin, ("v.txt", b"Hours.\n")).status_code == 403
    assert len(admin.get("/v1/documents").json()["documents"]) == 2


def test_a_name_that_cannot_be_a_collection_is_refused(admin: TestClient) -> None:
    """With an outcome, not an error page; and an outcome forgotten is not found."""
    sent = {"files": ("v.txt", b"Hours.\n")}
    shown = admin.post("/admin/upload", data={"collection": "../x"}, files=sent)
    assert "Refused" in shown.text
    assert admin.get("/admin/outcomes/none").status_code == 404
    assert "default" in admin.get("/admin").text


def test_every_route_has_the_one_guard() -> None:
    """So that who may administer is decided in one place."""
    for route in administration.router.routes:
        assert isinstance(route, APIRoute)
        calls = {one.call for one in route.dependant.dependencies}
        assert administration.administering in calls, route.path


def _source(client: TestClient) -> Path:
    home: Path = client.app.state.library.home  # type: ignore[attr-defined]
    return home / "source-default"


def checked(admin: TestClient) -> str:
    """Press the button; return the page of the check that was begun, once it has ended."""
    shown = admin.post(f"{BASE}/check")
    deadline = time.monotonic() + 60
    while "is under way" in shown.text and time.monotonic() < deadline:
        time.sleep(0.05)
        shown = admin.get(f"{BASE}/check")
    assert shown.status_code == 200
    return shown.text


def test_a_check_says_of_every_promise_whether_it_holds(admin: TestClient) -> None:
    """What `pincite doctor` checks; before the first there is only the button."""
    assert "has not been checked" in admin.get(f"{BASE}/check").text
    text = checked(admin)
    assert "Everything is as it should be." in text
    for promise in (
        "Every quote stands in its document, word for word",
        "Every passage can be found by its meaning",
        "Every passage can be found by its words",
        "Every document can be read again from its own file",
    ):
        assert promise in text
    assert text.count("In order") > 6
    assert "Fault" not in text
    assert admin.get("/admin/collections/nothing/check").status_code == 404
    assert admin.post("/admin/collections/nothing/check").status_code == 404


def test_a_check_names_what_is_damaged_and_its_mend(admin: TestClient, tmp_path: Path) -> None:
    """First of all, and how it is mended."""
    (original, *_) = (tmp_path / "home" / "collections" / "default" / "originals").iterdir()
    original.chmod(0o600)
    original.write_bytes(b"something else")
    text = checked(admin)
    assert "1 thing is not as it should be." in text
    assert text.index("Fault") < text.index("In order")
    assert "To mend it:" in text


def test_one_check_at_a_time(tmp_path: Path) -> None:
    """A second one is refused while the first is under way, and begun once it has ended."""
    begun, goes_on = threading.Event(), threading.Event()

    def examine() -> list[Finding]:
        begun.set()
        assert goes_on.wait(30)
        return [Finding("model", True, "loads")]

    checkups = Checkups()
    checkups.begin("default", examine)
    assert begun.wait(30)
    first = checkups.of("default")
    assert first
    assert first.ended is None
    for name in ("default", "other"):
        with pytest.raises(BusyError):
            checkups.begin(name, examine)
    goes_on.set()
    deadline = time.monotonic() + 30
    while not (last := checkups.of("default")) or not last.ended:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert last.sound
    checkups.begin("other", examine)


def test_a_check_that_fails_says_so_and_lets_the_next_begin() -> None:
    """A known fault in its own words, a defect without them."""
    checkups = Checkups()
    for error, said in ((RequestError("too large"), "too large"), (KeyError("a word"), "KeyError")):

        def examine(error: Exception = error) -> list[Finding]:
            raise error

        checkups.begin("default", examine)
        deadline = time.monotonic() + 30
        while not (last := checkups.of("default")) or not last.ended:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert said in last.fault
        assert "a word" not in last.fault
        assert not last.sound


def test_unanswered_questions_are_shown_when_enough_asked(tmp_path: Path) -> None:
    """How to switch it on; none; then what three callers asked, as text, and nothing of others."""
    home = tmp_path / "home"
    indexed(home)

    def page(kept: KeptQuestions | None) -> str:
        app = create_app(library(home), makers(), kept=kept)
        client = TestClient(app, base_url=HERE, client=("127.0.0.1", 50_000))
        return client.get("/admin", headers={"accept": "text/html"}).text

    assert "PINCITE_KEEP_QUESTIONS=redacted" in page(None)
    kept = KeptQuestions(home, 3, lambda text: text, lambda: datetime(2026, 11, 29, tzinfo=UTC))
    assert "none that at least 3 callers asked" in page(kept)
    ask(kept, ["192.0.2.1", "192.0.2.2", "192.0.2.3"], f"{HOSTILE} parking?")
    ask(kept, ["192.0.2.1", "192.0.2.2"], "who is zanzibar")
    shown = page(kept)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; parking" in shown
    assert HOSTILE not in shown
    assert "3 callers" in shown
    assert "November 2026" in shown
    assert "zanzibar" not in shown
    (home / "questions.key").write_text("damaged")
    assert "cannot be read" in page(
        KeptQuestions(home, 3, lambda text: text, lambda: datetime.now(UTC))
    )
