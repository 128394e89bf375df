"""What /openapi.json promises, held by a real server against made-up requests.

`make fuzz` makes many more of them: its FUZZ_EXAMPLES is how many for each operation and mode.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from index.encoders.hashing import HashingEncoder
from index.update import Makers
from service.app import create_app
from service.library import Library
from tests.building import makers, write
from tests.processes import Served, serving

_EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
_PROMISES = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


Operation = APIOperation[Any, Any, Any, Any]


def described(to_write: Makers | None = None) -> dict[str, Operation]:
    """Return every operation that the application describes, by its method and path."""
    app = create_app(Library(Path("nowhere"), HashingEncoder()), to_write)
    schema = openapi.from_dict(app.openapi())
    operations = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    return {one.label: one for one in operations}


OPERATIONS = described(makers())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a server over two small leaflets, which takes documents in."""
    folder = tmp_path_factory.mktemp("fuzzed")
    with serving(folder / "home", write(folder / "source")) as running:
        yield running


def can_be_wrong(one: Operation) -> bool:
    """Tell whether an operation takes anything that not every text is right for."""
    return bool(one.body or one.query) or one.path.endswith(("{document_id}", "{build}/activate"))


@st.composite
def cases(draw: st.DrawFn, made: st.SearchStrategy[Case[Any]]) -> Case[Any]:
    """Draw a case, or none where the generator gives up.

    What it makes of a schema wrong at random may be a list of what cannot be (filters hold filters,
    and an empty choice is not seen before it is drawn). If it gave up always, nothing would be
    drawn, and the test would fail.
    """
    try:
        return draw(made)
    except InvalidSchema:
        reject()


@pytest.mark.parametrize(
    ("label", "mode"),
    [
        pytest.param(label, mode, id=f"{label} {mode.value}")
        for label, one in OPERATIONS.items()
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or can_be_wrong(one)
    ],
)
def test_every_response_is_as_described(label: str, mode: GenerationMode, served: Served) -> None:
    """A made-up request, right or wrong, gets a status, type and body that are described for it."""
    strategy = cases(OPERATIONS[label].as_strategy(generation_mode=mode))
    described = {int(code) for code in OPERATIONS[label].responses.status_codes if code.isdigit()}

    @settings(
        max_examples=_EXAMPLES,
        suppress_health_check=list(HealthCheck),  # a schema's cases are as large as they are
        derandomize="FUZZ_EXAMPLES" not in os.environ,
        database=None,
    )
    @given(strategy)
    def hold(case: Case[Any]) -> None:
        response = case.call(base_url=served.url)
        case.validate_response(response, checks=_PROMISES)
        # What no route describes: the server itself refuses what is no HTTP.
        assert response.status_code in described | {400, 405}, response.content

    hold()
