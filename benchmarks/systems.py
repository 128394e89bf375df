"""The systems that are measured: where each lives, what kind of question it answers, its server."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]

HYBRID_WITH_CONTEXT = "hybrid, with context"
HYBRID = "hybrid"
DENSE = "dense"

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
}

_PASSED = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY")
"""Set by who runs it, where a machine is shared: the same for every system."""


@dataclass(frozen=True, slots=True)
class Server:
    """A system's own server. In its texts {bin}, {store} and {port} stand for what they say.

    It is asked at `path` with a JSON `body`, or by GET where there is none; QUESTION stands for the
    question. With an empty `path` the adapter asks it, as the system's own client does.
    """

    command: tuple[str, ...]
    ready: str
    path: str = ""
    body: Mapping[str, object] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class System:
    """One system: `module` is its adapter, `kind` what one of its questions is."""

    name: str
    title: str
    module: str
    kind: str
    server: Server | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    index: tuple[str, ...] = ()
    """The command that indexes, where the adapter does not."""

    @property
    def ours(self) -> bool:
        """Whether it is Pincite."""
        return self.module == "benchmarks.pincite.adapter"

    def variables(self, bin_folder: Path) -> dict[str, str]:
        """Return the environment that its processes have, and nothing beside."""
        return {
            "PATH": f"{bin_folder}:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "HOME": str(bin_folder.parent),
            **_OFFLINE,
            **{name: os.environ[name] for name in _PASSED if name in os.environ},
            **self.environment,
        }


def _pincite(encoder: str, title: str) -> System:
    return System(
        name=f"pincite-{encoder.replace(':', '-')}",
        title=title,
        module="benchmarks.pincite.adapter",
        kind=HYBRID_WITH_CONTEXT,
        server=Server(
            command=("{bin}/pincite", "serve", "--home", "{store}", "--port", "{port}"),
            ready="/readyz",
            path="/v1/answers",
            body={"question": "QUESTION"},
        ),
        environment={
            "PINCITE_ENCODER": encoder,
            "PINCITE_RERANKER": "none",
            "PINCITE_LOG_LEVEL": "error",
        },
        index=("{bin}/pincite", "index", "{corpus}", "--home", "{store}"),
    )


SYSTEMS = (
    System("floor", "sentence-transformers + FAISS", "benchmarks.floor.adapter", DENSE),
    System(
        "txtai",
        "txtai",
        "benchmarks.txtai.adapter",
        HYBRID,
        Server(
            command=(
                *("{bin}/python", "-m", "uvicorn", "txtai.api:app"),
                *("--port", "{port}", "--log-level", "error"),
            ),
            ready="/count",
            path="/search?limit=5&query=QUESTION",
            environment={"CONFIG": "{store}/api.yml"},
        ),
    ),
    System("haystack", "Haystack (in memory)", "benchmarks.haystack.adapter", HYBRID_WITH_CONTEXT),
    System("llama_index", "LlamaIndex", "benchmarks.llama_index.adapter", HYBRID_WITH_CONTEXT),
    System(
        "chroma",
        "Chroma",
        "benchmarks.chroma.adapter",
        DENSE,
        Server(
            command=(
                *("{bin}/chroma", "run"),
                *("--path", "{store}/chroma", "--port", "{port}"),
            ),
            ready="/api/v2/heartbeat",
        ),
    ),
    System("lancedb", "LanceDB", "benchmarks.lancedb.adapter", HYBRID),
    _pincite("minilm:int8", "Pincite, MiniLM int8"),
    _pincite("minilm", "Pincite, MiniLM"),
    _pincite("bge-small", "Pincite, bge-small int8 (default)"),
)
