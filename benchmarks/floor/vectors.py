"""The sentences' vectors, once for every peer: `benchmarks.floor.vectors MODEL FROM TO`."""

import sys
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from benchmarks.protocol import read


def main() -> None:
    """Encode as the floor does; written whole or not at all."""
    model, sentences, to = sys.argv[1:]
    rows = SentenceTransformer(model, device="cpu").encode(
        [sentence.text for sentence in read(Path(sentences))], normalize_embeddings=True
    )
    part = Path(to).with_suffix(".part.npy")
    np.save(part, rows)
    part.rename(to)


if __name__ == "__main__":
    main()
