"""The table of all routes: what a key needs for each. A route that is not in it is not served."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.routing import compile_path

from service.keys import SCOPES, Scope

OPEN: tuple[Scope, ...] = ()
"""For everybody: such a route shows nothing of what is held."""
_ANY = "*"

_TABLE: Mapping[str, Mapping[str, tuple[Scope, ...]]] = {
    "/livez": {"GET": OPEN},
    "/readyz": {"GET": OPEN},
    "/healthz": {"GET": OPEN},
    "/static/{path:path}": {"GET": OPEN},
    "/openapi.json": {"GET": SCOPES},
    "/": {"GET": ("ask",)},
    "/search": {"GET": ("ask",)},
    "/documents/{document_id}": {"GET": ("read",)},
    "/v1/answers": {"POST": ("ask",)},
    "/v1/search": {"POST": ("ask",)},
    "/v1/verify": {"POST": ("read",)},
    "/v1/suggest": {"GET": ("ask",)},
    "/v1/feedback": {"POST": ("ask",)},
    "/embed": {"GET": ("ask",)},
    "/feedback": {"GET": ("ask",), "POST": ("ask",)},
    "/opensearch.xml": {"GET": OPEN},
    "/site/logo": {"GET": OPEN},
    "/site/colours.css": {"GET": OPEN},
    "/v1/documents": {"GET": ("read",)},
    "/v1/documents/{document_id}": {"GET": ("read",), "PUT": ("write",), "DELETE": ("write",)},
    "/v1/documents/{document_id}/original": {"GET": ("read",)},
    "/v1/collections": {"GET": ("read",)},
    "/v1/builds": {"GET": ("read",)},
    "/v1/builds/{build}/activate": {"POST": ("admin",)},
    "/admin": {"GET": ("admin",)},
    "/admin/upload": {"POST": ("admin",)},
    "/admin/outcomes/{token}": {"GET": ("admin",)},
    "/admin/collections/{name}": {"GET": ("admin",)},
    "/admin/collections/{name}/builds/{build}/activate": {"GET": ("admin",), "POST": ("admin",)},
    "/admin/collections/{name}/check": {"GET": ("admin",), "POST": ("admin",)},
    "/admin/collections/{name}/prune": {"GET": ("admin",), "POST": ("admin",)},
    "/admin/collections/{name}/documents/{document_id}/remove": {
        "GET": ("admin",),
        "POST": ("admin",),
    },
    "/metrics": {"GET": ("admin",)},
    "/v1/unanswered": {"GET": ("admin",)},
    "/retrieval": {"POST": ("ask",)},
    "/v1/vector_stores": {"GET": ("ask", "read")},
    "/v1/vector_stores/{store_id}": {"GET": ("ask", "read")},
    "/v1/vector_stores/{store_id}/search": {"POST": ("ask",)},
    "/v1/models": {"GET": ("ask", "read")},
    "/v1/chat/completions": {"POST": ("ask",)},
    "/mcp": {_ANY: ("ask", "read")},  # each of its tools needs its own
}
"""Template and method: the scopes one of which is needed. GET stands for HEAD too."""

_SEEN = frozenset({"/", "/search", "/embed", "/feedback", "/documents/{document_id}"}) | {
    "/v1/documents/{document_id}/original"
}
"""What a person's browser opens by itself: it asks for the key as for a password."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the table says of one path, whatever the method."""

    template: str
    methods: Mapping[str, tuple[Scope, ...]]

    @property
    def seen(self) -> bool:
        """Whether a browser opens it by itself."""
        return self.template in _SEEN or self.template.startswith("/admin")

    @property
    def allow(self) -> str:
        """The methods, as the Allow header has them."""
        return ", ".join(sorted(self.methods))

    def needs(self, method: str) -> tuple[Scope, ...] | None:
        """Return the scopes one of which is needed; None where the method is not served."""
        if _ANY in self.methods:
            return self.methods[_ANY]
        return self.methods.get("GET" if method == "HEAD" else method)


def is_question(needed: tuple[Scope, ...]) -> bool:
    """Tell whether serving it takes a question's time: neither nothing nor the one writer's."""
    return bool({"ask", "read"} & set(needed))


_RULES = tuple(
    (compile_path(template)[0], Rule(template, methods)) for template, methods in _TABLE.items()
)


def rule_for(path: str) -> Rule | None:
    """Return the rule for a request's path, a slash at its end or not; None where it has none."""
    path = path.rstrip("/") or "/"
    return next((rule for pattern, rule in _RULES if pattern.match(path)), None)
