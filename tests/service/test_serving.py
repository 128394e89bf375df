"""One real serving process, asked over real sockets."""

import http.client
import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.building import write
from tests.processes import PINCITE, Served, environment, one_line, run, serving
from tests.service.slow import SECONDS

CANARY = "zanzibar7q my dad John Smith 943 476 5919"
HEAD = b"POST /v1/answers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
QUESTIONS = [
    "how long do these spasms last",
    "tell your nurse about every fall",
    "how much baclofen do I take",
    "should I stop the tablets",
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a server over two small leaflets, logging all it can."""
    folder = tmp_path_factory.mktemp("served")
    source = write(folder / "source")
    with serving(folder / "home", source, PINCITE_LOG_LEVEL="debug") as running:
        yield running


def ask(served: Served, question: str) -> dict[str, object]:
    """Ask over HTTP; leave out what differs from one request to the next."""
    found = httpx2.post(f"{served.url}/v1/search", json={"question": question}, timeout=60)
    assert found.status_code == 200
    body: dict[str, object] = found.json()
    return {name: body[name] for name in ("citations", "receipt")}


def raw(served: Served, data: bytes) -> tuple[int, bytes]:
    """Send bytes as they are; return the status and the body of the response."""
    address = urlsplit(served.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), 20) as sent:
        sent.sendall(data)
        response = http.client.HTTPResponse(sent)
        response.begin()
        return response.status, response.read()


def test_it_answers_over_a_socket(served: Served) -> None:
    """The first quote is the sentence asked about."""
    citations = ask(served, QUESTIONS[0])["citations"]
    assert isinstance(citations, list)
    assert citations[0]["quote"] == "These spasms usually last 60 to 90 seconds."
    assert httpx2.get(f"{served.url}/readyz").status_code == 200


def test_sixteen_at_once_get_what_one_gets(served: Served) -> None:
    """Under concurrency every answer equals the answer given alone."""
    alone = {question: ask(served, question) for question in QUESTIONS}
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda number: ask(served, QUESTIONS[number % 4]), range(160)))
    for number, found in enumerate(together):
        assert found == alone[QUESTIONS[number % 4]]


def test_a_new_build_is_followed_while_many_ask(tmp_path: Path) -> None:
    """While another process publishes, every request succeeds, and later ones see the new build."""
    home, source = tmp_path / "home", write(tmp_path / "source")
    with serving(home, source) as running, ThreadPoolExecutor(4) as pool:
        write(source, {"new.txt": "Visiting hours end at eight.\n"})
        publishing = pool.submit(run, home, "index", "--json", source)
        asked = 0
        while not publishing.done():
            ask(running, QUESTIONS[0])
            asked += 1
        build = json.loads(publishing.result().stdout)["build"]
        found = ask(running, "when do visiting hours end")
        assert asked > 0
        assert isinstance(found["receipt"], dict)
        assert found["receipt"]["build"] == build
        removed = run(home, "documents", "list", "--json")
        document_id = json.loads(removed.stdout)[0]["document_id"]
        assert run(home, "documents", "remove", document_id).returncode == 0
        assert httpx2.get(f"{running.url}/v1/documents/{document_id}").status_code == 404


def test_invalid_utf8_on_the_wire_is_refused(served: Served) -> None:
    """Bytes that are no UTF-8 get a problem without an echo."""
    body = b'{"question": "zanzibar7q \xff"}'
    status, found = raw(served, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert status in {400, 422}
    assert json.loads(found)["status"] == status
    assert b"zanzibar7q" not in found


def test_a_huge_body_is_refused_before_it_has_all_come(served: Served) -> None:
    """Of a promised 100 MB, 413 is sent after the first 100 kB."""
    status, found = raw(served, HEAD + b"Content-Length: 100000000\r\n\r\n" + b"[" * 100_000)
    assert status == 413
    assert json.loads(found)["title"] == "Too large"


@pytest.mark.parametrize(
    "data",
    [
        b"zanzibar7q\r\n\r\n",
        b"GET /v1/zanzibar7q\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01" * 50,
    ],
)
def test_what_is_no_http_is_refused_and_leaves_it_serving(served: Served, data: bytes) -> None:
    """Garbage on the port is answered with an error or a closed connection; the next is served."""
    try:
        status, _ = raw(served, data + b"\r\n\r\n")
    except (http.client.HTTPException, OSError):
        status = 400
    assert 400 <= status < 500
    assert httpx2.get(f"{served.url}/livez").status_code == 200


def test_a_planted_question_is_in_no_line_of_the_real_log(served: Served) -> None:
    """By every route and in every wrong form, at level debug: its words are not on stderr."""
    url = served.url
    for path in ("/v1/answers", "/v1/search"):
        httpx2.post(f"{url}{path}", json={"question": CANARY})
        httpx2.post(f"{url}{path}?q={CANARY}", json={"question": CANARY * 99, CANARY: 1})
        httpx2.post(f"{url}{path}", content=CANARY)
    httpx2.get(f"{url}/search", params={"q": CANARY})
    httpx2.get(f"{url}/search", params={"q": CANARY}, headers={"accept": "text/html"})
    httpx2.get(f"{url}/documents/{CANARY}")
    httpx2.get(f"{url}/{CANARY}", headers={"referer": CANARY, "x-request-id": CANARY})
    log = served.log("POST /v1/answers 200", "GET /search 200")
    assert "zanzibar7q" not in log


def test_a_log_line_is_json_when_asked_for(tmp_path: Path) -> None:
    """With PINCITE_LOG_FORMAT=json each log line is one object."""
    source = write(tmp_path / "source")
    with serving(tmp_path / "home", source, PINCITE_LOG_FORMAT="json") as running:
        ask(running, QUESTIONS[0])
        lines = running.log("/v1/search 200").splitlines()
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    assert {"time", "level", "logger", "message"} == set(logged[-1])
    assert any("/v1/search 200" in one["message"] for one in logged)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_cleanly(tmp_path: Path, how: signal.Signals) -> None:
    """SIGTERM ends it with 0, Ctrl-C with 130, both without a traceback."""
    with serving(tmp_path / "home", write(tmp_path / "source")) as running:
        ask(running, QUESTIONS[0])
        running.process.send_signal(how)
        assert running.process.wait(timeout=20) == (0 if how is signal.SIGTERM else 130)
        assert "Traceback" not in running.log()


def test_a_taken_port_is_a_known_fault(served: Served, tmp_path: Path) -> None:
    """Exit status 1 and one line, before anything is indexed."""
    port = str(urlsplit(served.url).port)
    done = run(tmp_path / "home", "serve", "--port", port, write(tmp_path / "source"))
    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened on" in one_line(done.stderr)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "256.0.0.1", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_a_known_fault(tmp_path: Path, host: str) -> None:
    """Exit status 1 and one line that names it."""
    done = run(tmp_path, "serve", "--host", host, "--port", "0")
    assert done.returncode == 1
    assert host in one_line(done.stderr)


def test_without_a_path_and_an_index_it_serves_the_sample_and_says_so(tmp_path: Path) -> None:
    """The second start serves it without indexing; indexing anything else takes it away."""
    home = tmp_path / "home"
    with serving(home) as running:
        said = running.log()
        assert "Nothing is indexed yet: serving the sample leaflet" in said
        (document,) = httpx2.get(f"{running.url}/v1/documents").json()["documents"]
        assert document["sentences"] >= 80
        assert httpx2.get(f"{running.url}{document['original_url']}").status_code == 200
    assert run(home, "doctor").returncode == 0
    with serving(home) as running:
        assert "sample" not in running.log()
    with serving(home, write(tmp_path / "source")) as running:
        documents = httpx2.get(f"{running.url}/v1/documents").json()["documents"]
        assert [one["uri"] for one in documents] == ["spasms.txt", "tablets.txt"]


def _without_network() -> tuple[str, ...]:
    prefix = (
        "unshare",
        "--net",
        "--map-root-user",
        "sh",
        "-c",
        'ip link set lo up && exec "$@"',
        "sh",
    )
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("unshare and ip are not here to cut the network with")
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets no test make a network of its own")
    return prefix


def test_with_the_network_cut_the_real_model_answers(tmp_path: Path) -> None:
    """In a network of loopback alone and with no hub set offline, the default models answer.

    Everything looked up or connected to is written down by the process itself; there is nothing
    but its own port. HOME holds the collections and nothing that a library kept for itself.
    """
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    source = write(tmp_path / "source")
    script = (
        '"$1" serve "$2" --port 8123 & server=$!\n'
        'for _ in $(seq 600); do "$3" -c "$4" && break; sleep 0.1; done\n'
        "kill -TERM $server; wait $server"
    )
    variables = environment(home, PYTHONPATH=f"{tmp_path / 'watch'}:{Path(__file__).parents[2]}")
    del variables["PINCITE_ENCODER"], variables["PINCITE_RERANKER"]
    variables["WATCHED"] = str(tmp_path / "watched")
    assert not {name for name in variables if name.startswith(("HF_", "TRANSFORMERS_"))}
    python = str(Path(PINCITE).with_name("python"))
    done = subprocess.run(
        [*_without_network(), "sh", "-c", script, "sh", PINCITE, str(source), python, ASK],
        env=variables,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["quote"] == "These spasms usually last 60 to 90 seconds."
    watched = tmp_path / "watched"
    assert not watched.exists() or watched.read_text(encoding="utf-8") == ""
    assert sorted(path.name for path in home.iterdir()) == ["audit", "collections"]


WATCH = """
import os, sys

def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"}:
        shown = str(arguments[1:] if event == "socket.connect" else arguments)
        if "127.0.0.1" not in shown:
            with open(os.environ["WATCHED"], "a") as file:
                file.write(event + " " + shown + "\\n")

sys.addaudithook(watch)
"""
ASK = """
import json, urllib.request
asked = urllib.request.Request(
    "http://127.0.0.1:8123/v1/search",
    json.dumps({"question": "How long do the spasms usually last?"}).encode(),
    {"Content-Type": "application/json"},
)
print(json.dumps(json.load(urllib.request.urlopen(asked))["citations"][0]))
"""


def test_a_defective_encoder_leaves_no_word_of_the_question(tmp_path: Path) -> None:
    """Its own message repeats the question; the real process's log has where, not what."""
    source = write(tmp_path / "source")
    name = "tests.service.defective:open_defective"
    with serving(tmp_path / "home", source, PINCITE_ENCODER=name) as running:
        found = httpx2.post(f"{running.url}/v1/answers", json={"question": CANARY})
        assert found.status_code == 500
        log = running.log("ZeroDivisionError")
    assert "zanzibar7q" not in log + found.text


def test_nobody_is_let_in_before_the_first_question_would_be_fast(tmp_path: Path) -> None:
    """The port takes no connection while the service warms up; then the first answer is quick."""
    home, source = tmp_path / "home", write(tmp_path / "source")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    let_in_when: list[str] = []

    def knock() -> None:
        while not let_in_when:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
                said = (tmp_path / "home.stderr").read_text(encoding="utf-8")
                let_in_when.append(said)
                return
            time.sleep(0.02)

    knocking = threading.Thread(target=knock)
    knocking.start()
    cold = {"PINCITE_ENCODER": "tests.service.slow:open_cold"}
    try:
        with serving(home, source, "--port", str(port), **cold) as running:
            knocking.join(30)
            assert "warm now" in let_in_when[0]
            first = httpx2.get(f"{running.url}/search", params={"q": "how long do spasms last?"})
            assert first.status_code == 200
            assert first.elapsed.total_seconds() < SECONDS
    finally:
        let_in_when.append("stop")
        knocking.join(30)
