"""A build of any number of passages, made stage by stage and block by block; resumable.

Text is recombined and vectors are simulated (tests.slow.recombined, tests.slow.simulated); all else
is what `pincite index` writes, written by the same functions: catalog, members, dense and lexical
index, words, manifest. Nothing is merged, so that a sentence is a passage.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np

from corpus.documents import Attributes, Document, Structure
from index import holdings, lexical, records, wording
from index.build import RULES
from index.contextual import Contextual
from index.encoders.protocol import Encoder
from index.encoders.weights import sha256_of
from index.expansion import Expansions
from index.layout import Layout
from index.manifest import Counts, Manifest
from index.members import Members
from index.ondisk import StoredVectors
from index.spelling import Vocabulary
from index.vectors.opening import open_engine
from index.vectors.protocol import Structure as Dense
from tests.slow.recombined import PARAGRAPHS_A_DOCUMENT, SENTENCES_A_PARAGRAPH, Recombined
from tests.slow.simulated import Simulated

ENGINE = "faiss:auto"
_DIM = 384
_BLOCK = 4096
_A_DOCUMENT = SENTENCES_A_PARAGRAPH * PARAGRAPHS_A_DOCUMENT
_REAL_PARAGRAPHS, _REAL_SENTENCES = 4000, 5
_DENSE = "dense.json"


def real(folder: Path, encoder: Encoder) -> Simulated:
    """Encode recombined text, once for all sizes, and measure it."""
    path = folder / "real.npz"
    if not path.exists():
        texts = Recombined()
        paragraphs = [texts.paragraph(number) for number in range(_REAL_PARAGRAPHS)]
        sentences = [one for each in paragraphs for one in each[:_REAL_SENTENCES]]
        np.savez(
            path,
            s=encoder.encode_passages(sentences),
            p=encoder.encode_passages([" ".join(each) for each in paragraphs]),
        )
    with np.load(path) as arrays:
        return Simulated(arrays["s"].reshape(_REAL_PARAGRAPHS, -1, _DIM), arrays["p"])


class Grown:
    """A build of `passages` passages in `folder`, and beside it how long each stage took."""

    def __init__(self, folder: Path, passages: int) -> None:
        self.passages = passages
        self.paragraphs = -(-passages // SENTENCES_A_PARAGRAPH)
        self.documents = -(-passages // _A_DOCUMENT)
        self.folder = folder / str(passages)
        self.layout = Layout(self.folder / "build")
        self.layout.folder.mkdir(parents=True, exist_ok=True)
        self._texts = self.folder / "sentences.txt"

    def seconds(self) -> dict[str, dict[str, float]]:
        """Return how long each stage took: by the clock, and of a processor."""
        return {
            path.stem: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(self.folder.glob("*.took"))
        }

    def stage(self, name: str, work: Callable[[], None]) -> None:
        """Do a stage unless it is done."""
        took = self.folder / f"{name}.took"
        if took.exists():
            return
        clock, processor = time.perf_counter(), time.process_time()
        work()
        spent = {
            "seconds": time.perf_counter() - clock,
            "processor": time.process_time() - processor,
        }
        took.write_text(json.dumps(spent), encoding="utf-8")

    def write_texts(self) -> None:
        """Write one sentence a line, in ASCII, so that all offsets are equal."""
        texts = Recombined()
        with self._texts.open("w", encoding="ascii", errors="ignore") as file:
            for number in range(self.paragraphs):
                file.writelines(f"{one}\n" for one in texts.paragraph(number))

    def sentences(self) -> Iterator[str]:
        """Give the sentences."""
        with self._texts.open(encoding="ascii") as file:
            yield from (line.rstrip("\n") for line in islice(file, self.passages))

    def paragraph_sentences(self) -> Iterator[list[str]]:
        """Give the sentences of each paragraph."""
        sentences = self.sentences()
        while found := list(islice(sentences, SENTENCES_A_PARAGRAPH)):
            yield found

    def write_vectors(self, simulated: Simulated) -> None:
        """Write the vectors of paragraphs and passages."""
        shapes = ((self.layout.vectors, self.passages), (self.layout.paragraphs, self.paragraphs))
        vectors, paragraphs = (
            np.lib.format.open_memmap(path, "w+", np.float32, (rows, _DIM)) for path, rows in shapes
        )
        for number, at in enumerate(range(0, self.paragraphs, _BLOCK)):
            above, below = simulated.block(number, min(_BLOCK, self.paragraphs - at))
            first = at * SENTENCES_A_PARAGRAPH
            paragraphs[at : at + len(above)] = above
            vectors[first : first + len(below)] = below[: self.passages - first]

    def write_members(self) -> None:
        """Write which paragraph each passage stands in."""
        self.layout.members.mkdir(exist_ok=True)
        Members.of(
            ((row // SENTENCES_A_PARAGRAPH,) for row in range(self.passages)),
            self.paragraphs,
            ((row // _A_DOCUMENT,) for row in range(self.passages)),
            ("statement" for _ in range(self.passages)),
        ).write(self.layout.members)

    def contextual(self) -> Contextual:
        """Return the vectors that are searched."""
        return Contextual(
            StoredVectors(self.layout.vectors, self.passages, _DIM),
            StoredVectors(self.layout.paragraphs, self.paragraphs, _DIM),
            Members.read(self.layout.members),
        )

    def write_dense(self) -> None:
        """Make the dense index."""
        self.layout.dense.mkdir(exist_ok=True)
        made = open_engine(ENGINE).create(self.layout.dense, self.contextual())
        (self.folder / _DENSE).write_text(json.dumps(asdict(made)), encoding="utf-8")

    def write_lexical(self) -> None:
        """Make the lexical index."""
        self.layout.lexical.mkdir(exist_ok=True)
        lexical.create(
            self.layout.lexical,
            ((one, (_id(row // _A_DOCUMENT),)) for row, one in enumerate(self.sentences())),
            (
                (" ".join(each), (_id(number // PARAGRAPHS_A_DOCUMENT),))
                for number, each in enumerate(self.paragraph_sentences())
            ),
            Members.read(self.layout.members),
        )

    def write_catalog(self) -> None:
        """Write documents, passages, paragraphs and sentences."""
        self.layout.catalog.unlink(missing_ok=True)
        passages = ((f"{row:016x}", one) for row, one in enumerate(self.sentences()))
        paragraphs = (" ".join(each) for each in self.paragraph_sentences())
        records.write(
            self.layout.catalog,
            records.Contents(
                ((one, ()) for one in self._documents()), passages, paragraphs, self._places()
            ),
        )

    def _documents(self) -> Iterator[Document]:
        paragraphs = self.paragraph_sentences()
        for number in range(self.documents):
            texts = [" ".join(each) for each in islice(paragraphs, PARAGRAPHS_A_DOCUMENT)]
            yield Document(
                document_id=_id(number),
                uri=f"{number:08}.txt",
                title=f"Leaflet {number}",
                media_type="text/plain",
                text="\n\n".join(texts),
                structure=Structure((), ()),
                sha256=f"{number:064x}",
                source="grown",
                attributes=Attributes(),
                read_by="grown",
            )

    def _places(self) -> Iterator[tuple[object, ...]]:
        row = 0
        begin = 0
        for paragraph, each in enumerate(self.paragraph_sentences()):
            document, within = divmod(paragraph, PARAGRAPHS_A_DOCUMENT)
            begin = 0 if within == 0 else begin + 2
            start, end = begin, begin + len(" ".join(each))
            for at, text in enumerate(each):
                stop = begin + len(text)
                span = (begin, stop)
                ordinal = within * SENTENCES_A_PARAGRAPH + at + 1
                yield (
                    *(document, ordinal, *span, "paragraph", start, end, 2 * within + 1, "[]"),
                    *(None, None, *span, *span, row, 0, "exact", 1.0, paragraph),
                )
                row += 1
                begin = stop + 1
            begin = end

    def write_rest(self, encoder: Encoder) -> None:
        """Write the words, the lists and the manifest."""
        vocabulary = Vocabulary.of(self.sentences())
        wording.write(self.layout, Expansions.of((), (), ()), vocabulary)
        holdings.write(self.layout, self._documents())
        self.layout.dropped.write_text("", encoding="utf-8")
        manifest = Manifest(
            build=f"grown-{self.passages}",
            created_at="2026-11-29T00:00:00+00:00",
            encoder=encoder.name,
            dim=encoder.dim,
            weights_sha256=encoder.weights_sha256,
            engine=ENGINE,
            rules=RULES,
            synonyms_sha256="",
            counts=Counts(self.documents, self.passages, self.passages, self.paragraphs, 0, 0, 0),
            dense=Dense(**json.loads((self.folder / _DENSE).read_text(encoding="utf-8"))),
            files={
                path.relative_to(self.layout.folder).as_posix(): sha256_of(path)
                for path in self.layout.files()
            },
        )
        self.layout.manifest.write_text(manifest.to_json(), encoding="utf-8")


def _id(number: int) -> str:
    return f"d{number:08}"
