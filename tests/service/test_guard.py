"""What the guard says to whom, and that it never lets go."""

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.callers import Callers
from service.guard import Guarding
from service.keys import Keyring
from service.rates import Rate, whereabouts
from service.settings import read_settings
from tests.service.keyed import LONG_AGO, QUESTION, House, bearer, house, learn

ORIGIN = "https://chat.clinic.example"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a service of two collections with a key."""
    found = house(tmp_path_factory.mktemp("guard") / "home")
    found.key("ask")
    learn(found)
    return found


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of the limits: no window ends while a test counts in it."""
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)


def basic(token: str, **more: str) -> dict[str, str]:
    """Return what a browser sends for a name and a password."""
    pair = base64.b64encode(f"nurse:{token}".encode()).decode()
    return {"authorization": f"Basic {pair}", **more}


def test_each_dialect_refuses_in_its_own_form(closed: House) -> None:
    """Problem, Dify's codes, OpenAI's object, JSON-RPC; a page for whoever reads one."""
    client = closed.client
    wrong = bearer("pin_wrong")
    native = client.post("/v1/answers", json={"question": QUESTION}, headers=wrong)
    assert native.headers["content-type"] == "application/problem+json"
    assert native.json()["title"] == "No valid key"
    dify = [client.post("/retrieval", headers=headers) for headers in (wrong, {}, basic("x"))]
    assert [(one.status_code, one.json()["error_code"]) for one in dify] == [
        (403, 1002),
        (403, 1001),
        (403, 1001),
    ]
    openai = client.get("/v1/models", headers=wrong)
    assert (openai.status_code, openai.json()["error"]["code"]) == (401, "invalid_api_key")
    mcp = client.post("/mcp", json={}, headers=wrong)
    assert (mcp.status_code, mcp.json()["jsonrpc"]) == (401, "2.0")
    page = client.get("/", headers={"accept": "text/html"})
    assert page.status_code == 401
    assert "A key is needed" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'self'")


def test_dify_saves_an_address_with_a_right_key_and_no_other(closed: House) -> None:
    """It sends no body, and takes 403 and 404 alone for failure."""
    assert closed.client.post("/retrieval", headers=bearer(closed.key("ask"))).status_code == 400
    assert closed.client.post("/retrieval", headers=bearer("x")).status_code == 403


def test_a_browser_is_asked_for_a_password_on_pages_alone(closed: House) -> None:
    """Basic on what it opens by itself, Bearer elsewhere; the key is the password."""
    client = closed.client
    for path in ("/", "/search", "/documents/x", "/v1/documents/x/original"):
        assert client.get(path).headers["www-authenticate"].startswith("Basic realm="), path
    for path in ("/v1/documents", "/v1/models", "/openapi.json"):
        assert client.get(path).headers["www-authenticate"].startswith("Bearer"), path
    assert client.get("/", headers=basic(closed.key("ask"))).status_code == 200


def test_a_password_that_a_browser_knows_changes_nothing_for_another_site(closed: House) -> None:
    """Sent along from another page it is no key; from the service's own page it is."""
    token = closed.key()
    path = "/v1/builds/none/activate"
    for headers in (
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "cross-site"},
        {"origin": "http://[::"},
    ):
        assert closed.client.post(path, headers=basic(token, **headers)).status_code == 401
    own = basic(token, origin="http://127.0.0.1:8000")
    assert (
        closed.client.post(path, headers=own).status_code == 404
    )  # let in: there is no such build


def test_a_key_with_origins_is_taken_from_them_alone(closed: House) -> None:
    """By the Origin header; without one it is refused like a wrong one."""
    headers = bearer(closed.key(origins=[ORIGIN]))
    asked = closed.client.get
    assert asked("/v1/models", headers={**headers, "origin": ORIGIN}).status_code == 200
    assert asked("/v1/models", headers={**headers, "origin": f"{ORIGIN}.evil"}).status_code == 401
    assert asked("/v1/models", headers=headers).status_code == 401


def test_writing_takes_the_scope_and_stays_in_the_granted_collections(closed: House) -> None:
    """From any machine; a collection that was not granted is neither written nor made."""
    headers = {"content-type": "text/plain", **bearer(closed.key("write", collections=["mine"]))}

    def put(collection: str) -> tuple[int, str]:
        response = closed.client.put(
            f"/v1/documents/hands?collection={collection}", content=b"Wash them.", headers=headers
        )
        return response.status_code, response.json().get("detail", "")

    assert put("mine")[0] == 201
    assert put("secret") == put("other") == (404, "there is no collection of this name")
    assert not (closed.home / "collections" / "other").exists()
    removed = closed.client.delete("/v1/documents/hands?collection=mine", headers=headers)
    assert removed.status_code == 200


def test_keys_come_and_go_while_it_serves(tmp_path: Path) -> None:
    """Open without any; closed at the first; a revoked one and an expired one end at once."""
    found = house(tmp_path)
    asked = found.client.get
    assert asked("/v1/models").status_code == 200
    old = bearer(found.key("ask"))
    assert asked("/v1/models").status_code == 401
    new = bearer(found.key("ask"))
    assert [asked("/v1/models", headers=one).status_code for one in (old, new)] == [200, 200]
    found.keyring.revoke(old["authorization"].split("_")[1])
    assert [asked("/v1/models", headers=one).status_code for one in (old, new)] == [401, 200]
    soon = datetime.now(UTC) + timedelta(seconds=1)
    brief = bearer(found.key("ask", expires_at=soon))
    while datetime.now(UTC) < soon:
        assert asked("/v1/models", headers=brief).status_code in {200, 401}
        time.sleep(0.05)
    assert asked("/v1/models", headers=brief).status_code == 401


def test_without_its_file_of_keys_or_with_a_broken_one_it_stays_closed(tmp_path: Path) -> None:
    """Deleted under a running service: 401. Damaged: 503 without a word of where it lies."""
    found = house(tmp_path)
    headers = bearer(found.key("ask"))
    assert found.client.get("/v1/models", headers=headers).status_code == 200
    (tmp_path / "keys.json").write_text("{", encoding="utf-8")
    broken = found.client.get("/v1/models", headers=headers)
    assert broken.status_code == 503
    assert str(tmp_path) not in broken.text
    (tmp_path / "keys.json").unlink()
    assert found.client.get("/v1/models", headers=headers).status_code == 401
    assert found.client.get("/v1/models").status_code == 401
    assert Callers(Keyring(tmp_path / "file" / "none")).closed() is False


def test_who_asks_is_there_for_whoever_counts_and_audits(tmp_path: Path) -> None:
    """The caller stands in the request's state, by the key's id."""
    found = house(tmp_path)
    key, token = found.keyring.create("bot", ["ask"], now=LONG_AGO)
    seen = []

    async def watched(scope, receive, send):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        await found.client.app(scope, receive, send)
        seen.append(scope["state"]["caller"])

    client = type(found.client)(watched)
    client.get("/v1/models", headers=bearer(token))
    client.get("/v1/models")
    assert [(one.key_id, one.name) for one in seen] == [(key.key_id, "bot"), (None, "nobody")]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scheme=st.sampled_from([b"Bearer ", b"Basic ", b"bearer\t", b"", b"Digest ", b"Basic  "]),
    rest=st.binary(max_size=90).filter(lambda data: not set(data) & {0, 10, 13}),
    form=st.sampled_from([bytes, base64.b64encode]),
)
def test_no_authorization_header_is_a_defect(
    closed: House, scheme: bytes, rest: bytes, form: Callable[[bytes], bytes]
) -> None:
    """Whatever bytes it has: 401, on the API, a page and a change."""
    value = scheme + form(rest)
    own = {b"authorization": value, b"origin": b"http://127.0.0.1:8000"}
    for method, path in (("GET", "/v1/models"), ("GET", "/"), ("DELETE", "/v1/documents/x")):
        assert closed.client.request(method, path, headers=own).status_code == 401


@pytest.mark.usefixtures("stopped_clock")
def test_a_rate_is_kept_for_each_key_apart(tmp_path: Path) -> None:
    """429 with Retry-After and the draft's headers; another key is not slowed, nor is health."""
    found = house(tmp_path, Guarding(rate="3/minute", refusals="off"))
    one, other = bearer(found.key("ask")), bearer(found.key("ask"))
    asked = [found.client.get("/v1/models", headers=one) for _ in range(4)]
    assert [response.status_code for response in asked] == [200, 200, 200, 429]
    assert asked[0].headers["ratelimit-policy"] == '"requests";q=3;w=60'
    assert asked[0].headers["ratelimit"].startswith('"requests";r=2;t=')
    assert 1 <= int(asked[3].headers["retry-after"]) <= 60
    assert asked[3].json()["error"]["code"] == "rate_limit_exceeded"
    problem = found.client.post("/v1/answers", json={"question": QUESTION}, headers=one).json()
    assert problem["type"].endswith("#quota-exceeded")
    assert found.client.get("/v1/models", headers=other).status_code == 200
    assert found.client.get("/livez").status_code == 200


@pytest.mark.usefixtures("stopped_clock")
def test_without_keys_a_rate_is_kept_for_each_address(tmp_path: Path) -> None:
    """By client address; and unless one is set, whoever asks without keys is not counted."""
    limited = house(tmp_path / "a", Guarding(rate="1/minute")).client
    assert [limited.get("/v1/models").status_code for _ in range(2)] == [200, 429]
    free = house(tmp_path / "b", Guarding()).client.get("/v1/models")
    assert "ratelimit" not in free.headers


@pytest.mark.usefixtures("stopped_clock")
def test_wrong_keys_are_counted_harder_and_the_right_one_still_holds(tmp_path: Path) -> None:
    """After some refusals an address gets 429 for every wrong key; no key at all is no guess."""
    found = house(tmp_path, Guarding(refusals="2/minute"))
    right = bearer(found.key("ask"))
    wrong = [found.client.get("/v1/models", headers=bearer("x")).status_code for _ in range(4)]
    assert wrong == [401, 401, 429, 429]
    assert found.client.get("/v1/models").status_code == 401
    assert found.client.get("/v1/models", headers=right).status_code == 200


def test_a_window_slides(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was used up is given back as time goes by, for each caller apart."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    rate = Rate("2/second")
    assert [rate.hit("a").within for _ in range(3)] == [True, True, False]
    assert rate.hit("b").within
    now[0] += 2.5
    assert rate.hit("a").within


def test_an_address_of_ipv6_stands_for_its_network() -> None:
    """Whoever has one such network has 2**64 addresses."""
    assert whereabouts("2001:db8:1:2:3::4") == whereabouts("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert whereabouts("::ffff:192.0.2.1") == whereabouts("192.0.2.1") == "192.0.2.1"
    assert whereabouts("testclient") == "testclient"


def test_pages_of_listed_origins_may_call_and_no_others(tmp_path: Path) -> None:
    """A preflight needs no key; the answer, and a refusal too, can be read by the listed alone."""
    found = house(tmp_path, Guarding(cors_origins=(ORIGIN,)))
    token = found.key("ask")
    preflight = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type, mcp-protocol-version",
    }
    for path in ("/v1/answers", "/retrieval", "/mcp", "/v1/chat/completions"):
        allowed = found.client.options(path, headers={**preflight, "origin": ORIGIN})
        assert allowed.status_code == 200, path
        assert allowed.headers["access-control-allow-origin"] == ORIGIN
        refused = found.client.options(
            path, headers={**preflight, "origin": "https://evil.example"}
        )
        assert "access-control-allow-origin" not in refused.headers
    asked = found.client.get("/v1/models", headers={"origin": ORIGIN, **bearer(token)})
    assert asked.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in asked.headers
    nobody = found.client.get("/v1/models", headers={"origin": ORIGIN})
    assert (nobody.status_code, nobody.headers["access-control-allow-origin"]) == (401, ORIGIN)


def test_no_page_of_another_site_may_call_unless_listed(tmp_path: Path) -> None:
    """By default there is no CORS header at all."""
    response = house(tmp_path).client.get("/v1/models", headers={"origin": ORIGIN})
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PINCITE_RATE", "many"),
        ("PINCITE_RATE", "0/minute"),
        ("PINCITE_CONCURRENCY", "0"),
        ("PINCITE_CONCURRENCY", "all"),
        ("PINCITE_CORS_ORIGINS", "*"),
        ("PINCITE_CORS_ORIGINS", "https://a.example/path"),
        ("PINCITE_PROXIES", "*"),
        ("PINCITE_PROXIES", "proxy.example"),
        ("PINCITE_OPEN", "yes"),
    ],
)
def test_a_setting_that_would_open_too_much_is_refused(name: str, value: str) -> None:
    """By its name, before anything is served."""
    with pytest.raises(Exception, match=name):
        read_settings({name: value})


def test_a_key_is_in_no_response_and_no_log(
    closed: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither right nor wrong."""
    caplog.set_level("DEBUG")
    right = closed.key("ask")
    for token in (right, f"{right}x"):
        for path in ("/v1/models", "/v1/documents", "/"):
            response = closed.client.get(path, headers=bearer(token))
            told = response.text + json.dumps(dict(response.headers))
            assert right.split("_", 2)[2] not in told
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("service")]
    assert ours
    assert not any(right.split("_", 2)[2] in line for line in ours)
