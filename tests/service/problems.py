"""The form of every problem that a client is told of."""


def check_problem(body: dict[str, object], status: int) -> None:
    """Check that a body is an RFC 9457 problem of this status."""
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert isinstance(body["title"], str)
    assert isinstance(body["detail"], str)
    assert body["title"]
    assert body["detail"]
    assert body["request_id"]
