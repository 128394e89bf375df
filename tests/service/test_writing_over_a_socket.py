import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.building import write
from tests.processes import Served, run, serving

TEXT = {"content-type": "text/plain"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve two leaflets in a process of its own."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder / "home", write(folder / "source")) as running:
        yield running


def found(served: Served, question: str) -> list[str]:
    """Return the quotes of a search."""
    body = httpx2.post(f"{served.url}/v1/search", json={"question": question}, timeout=60).json()
    return [one["quote"] for one in body["citations"]]


def test_a_file_is_put_read_and_deleted(served: Served) -> None:
    """Each is in force when the call returns; the file comes back byte for byte, in parts too."""
    url = f"{served.url}/v1/documents/visits.html"
    data = b"<h1>Visits</h1><p>Visiting hours end at eight.</p>" * 2000
    put = httpx2.put(url, content=data, headers={"content-type": "text/html"}, timeout=60)
    assert put.status_code == 201, put.text
    assert "Visiting hours end at eight." in found(served, "when do visiting hours end")
    original = f"{url}/original"
    assert httpx2.get(original).content == data
    part = httpx2.get(original, headers={"range": "bytes=70000-70099"})
    assert (part.status_code, part.content) == (206, data[70000:70100])
    assert "sandbox" in part.headers["content-security-policy"]
    assert httpx2.delete(url, timeout=60).status_code == 200
    assert "Visiting hours end at eight." not in found(served, "when do visiting hours end")
    for gone in (url, original, f"{served.url}/documents/visits.html"):
        assert httpx2.get(gone).status_code == 404


def test_curl_uploads_a_file(served: Served, tmp_path: Path) -> None:
    """`curl -T FILE URL` says no type: the ending of the id tells it."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not here to upload with")
    file = tmp_path / "rules.md"
    file.write_text("# Rules\n\nRing the bell twice.\n", encoding="utf-8")
    done = subprocess.run(
        [curl, "-sS", "-w", "%{http_code}", "-T", file, f"{served.url}/v1/documents/rules.md"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.endswith("201"), done.stdout
    assert "Ring the bell twice." in found(served, "how often to ring the bell")


def test_many_uploads_while_many_ask(served: Served) -> None:
    """No question fails; every upload is kept, some after being told to come again."""

    def upload(number: int) -> int:
        url = f"{served.url}/v1/documents/many-{number}"
        content = f"Rule number {number} of many holds.\n".encode()
        tries = 0
        while httpx2.put(url, content=content, headers=TEXT, timeout=60).status_code != 201:
            tries += 1
            assert tries < 200
        return tries

    def ask(_number: int) -> list[str]:
        return found(served, "how long do these spasms last")

    with ThreadPoolExecutor(20) as pool:
        uploads = [pool.submit(upload, number) for number in range(12)]
        asked = list(pool.map(ask, range(60)))
        for one in uploads:
            one.result()
    assert all(quotes[0] == "These spasms usually last 60 to 90 seconds." for quotes in asked)
    documents = httpx2.get(f"{served.url}/v1/documents").json()["documents"]
    assert len({one["id"] for one in documents if one["id"].startswith("many-")}) == 12


def test_a_body_too_large_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    """413 by its announced length."""
    with serving(tmp_path / "home", PINCITE_LARGEST_FILE="100000") as running:
        url = f"{running.url}/v1/documents/large"
        refused = httpx2.put(url, content=b"a" * 100_001, headers=TEXT)
        assert refused.status_code == 413
        assert "100,000 bytes" in refused.json()["detail"]
        assert httpx2.put(url, content=b"Rule. " * 16_000, headers=TEXT).status_code == 201


def test_asked_to_stop_it_finishes_the_upload_under_way(tmp_path: Path) -> None:
    """SIGTERM while a document is being indexed: the document is kept, and the caller told."""
    content = "".join(f"Sentence number {n} is here.\n\n" for n in range(4000)).encode()
    with serving(tmp_path / "home") as running, ThreadPoolExecutor(1) as pool:
        url = f"{running.url}/v1/documents/long"
        sent = pool.submit(httpx2.put, url, content=content, headers=TEXT, timeout=60)
        while not list((tmp_path / "home").rglob(".building-*")) and not sent.done():
            pass
        running.process.send_signal(signal.SIGTERM)
        assert sent.result().status_code == 201
        assert running.process.wait(timeout=30) == 0
    assert "long\t4000\t" in run(tmp_path / "home", "documents", "list").stdout


def test_on_a_full_disk_nothing_changes_and_it_says_so(tmp_path: Path) -> None:
    """507, whichever file did not fit; questions go on, and what fits is taken afterwards."""
    home = tmp_path / "home"
    home.mkdir()
    mount = 'mount -t tmpfs -o size=2000k tmpfs "$0" || exit 77; exec "$@"'
    prefix = ("unshare", "--mount", "sh", "-c", mount, str(home))
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("this machine lets no test mount a file system")
    with serving(home, write(tmp_path / "source"), prefix=prefix) as running:
        before = httpx2.get(f"{running.url}/v1/documents").json()
        for words in (2_000_000, 1_100_000, 700_000, 400_000):
            line = "A rule of the ward that is long enough to be split.\n\n"
            content = (line * (words // len(line))).encode()
            url = f"{running.url}/v1/documents/large"
            refused = httpx2.put(url, content=content, headers=TEXT, timeout=60)
            assert refused.status_code == 507, refused.text
            assert "untouched" in refused.json()["detail"]
            assert httpx2.get(f"{running.url}/v1/documents").json() == before
            assert found(running, "how long do these spasms last")
        small = httpx2.put(f"{running.url}/v1/documents/small", content=b"Rule.", headers=TEXT)
        assert small.status_code == 201, small.text
