"""ONNX graphs with their tokenizers: how one is opened and run.

The one module of serving that knows onnxruntime and tokenizers; both are imported when a model is
opened, in a fraction of a second where torch takes many.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Encoding

Text = tuple[str, str | None]
"""A text, and one to be read beside it."""

_BATCHES_AT_ONCE = 2
_TOKENIZED_TOGETHER = 64
_TOKENS_TOGETHER = 512
"""In one batch, padding counted: what fits the caches of a core; more was slower."""

_SLOWER = ["SkipLayerNormFusion", "BiasGeluFusion"]
"""Fusions that onnxruntime does by itself whose one operator is slower than the two it stands for:
on a graph in fp32, a tenth of all its time."""


class OnnxGraph:
    """`model.onnx` with `tokenizer.json` beside it; many threads may use it at once.

    As many batches are run at a time as there are processors, each on one thread: one batch spread
    over two is slower than two side by side. With `padding` (a token's id) texts of like length
    share a batch; without it every text is run alone. That is for graphs whose activations are
    quantised to eight bits by a scale for the whole batch (Zafrir et al. 2019, Q8BERT): company
    would change a text's numbers, and those taken over from an earlier build would not be those
    that a new build gives.
    """

    def __init__(self, folder: Path, longest: int, *, padding: int | None = None) -> None:
        # Else the library keeps an id of this machine under HOME and sends events to its maker.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        # All processors are at work already, and a fork later on would have it print a warning.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import onnxruntime  # noqa: PLC0415 - reads the lines above
        from tokenizers import Tokenizer  # noqa: PLC0415 - when asked for

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=_SLOWER,
        )
        self._inputs = [one.name for one in self._session.get_inputs()]
        self._padding = padding
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # The files' own settings may cut every text short, and pad it to the longest there can be.
        self._tokenizer.enable_truncation(longest)
        self._tokenizer.no_padding()
        self._pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "onnx")

    def run(self, texts: Sequence[Text]) -> list[NDArray[np.float32]]:
        """Return the graph's first output for each text."""
        if len(texts) == 1:
            return list(self._run(self._tokenize(texts)))
        parts = [
            texts[first : first + _TOKENIZED_TOGETHER]
            for first in range(0, len(texts), _TOKENIZED_TOGETHER)
        ]
        tokens = [one for part in self._pool.map(self._tokenize, parts) for one in part]
        packs = self._packs(tokens)
        found: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(texts)
        outputs = self._pool.map(lambda pack: self._run([tokens[at] for at in pack]), packs)
        for pack, rows in zip(packs, outputs, strict=True):
            for at, row in zip(pack, rows, strict=True):
                found[at] = row
        return found

    def run_each(self, batches: Iterable[Sequence[Text]]) -> Iterator[list[NDArray[np.float32]]]:
        """Yield what `run` returns for each; the next begins where one leaves a processor free."""
        with ThreadPoolExecutor(_BATCHES_AT_ONCE, "batch") as threads:
            under_way: deque[Future[list[NDArray[np.float32]]]] = deque()
            for batch in batches:
                if len(under_way) == _BATCHES_AT_ONCE:
                    yield under_way.popleft().result()
                under_way.append(threads.submit(self.run, batch))
            while under_way:
                yield under_way.popleft().result()

    def _tokenize(self, texts: Sequence[Text]) -> "list[Encoding]":
        return self._tokenizer.encode_batch_fast(
            [text if beside is None else (text, beside) for text, beside in texts]
        )

    def _packs(self, tokens: "Sequence[Encoding]") -> list[list[int]]:
        """Return which texts share a batch, longest first, so that none ends long after others."""
        room = 0 if self._padding is None else _TOKENS_TOGETHER
        packs: list[list[int]] = []
        for at in sorted(range(len(tokens)), key=lambda at: -len(tokens[at].ids)):
            pack = packs[-1] if packs else []
            if pack and (len(pack) + 1) * len(tokens[pack[0]].ids) <= room:
                pack.append(at)
            else:
                packs.append([at])
        return packs

    def _run(self, batch: "Sequence[Encoding]") -> NDArray[np.float32]:
        shape = (len(batch), max(len(one.ids) for one in batch))
        fed = {
            "input_ids": np.full(shape, self._padding or 0, dtype=np.int64),
            "attention_mask": np.zeros(shape, dtype=np.int64),
            "token_type_ids": np.zeros(shape, dtype=np.int64),
        }
        for row, one in enumerate(batch):
            length = len(one.ids)
            fed["input_ids"][row, :length] = one.ids
            fed["attention_mask"][row, :length] = one.attention_mask
            fed["token_type_ids"][row, :length] = one.type_ids
        inputs = {name: fed[name] for name in self._inputs}
        return np.asarray(self._session.run(None, inputs)[0], dtype=np.float32)
