"""How precise the vectors are that candidates are found by; signals are always of full ones."""

from typing import Literal

from index.encoders.protocol import Vectors

EXACT_UP_TO = 5_000
"""Rows up to which looking at every vector is as fast as walking a graph."""

Kind = Literal["vector", "halfvec"]
"""pgvector's types: numbers of 32 bits or of 16."""


def kind_of(passages: int) -> Kind:
    """Return the type for so many: a graph over 16 bits is half as large, and as good."""
    return "vector" if passages <= EXACT_UP_TO else "halfvec"


def as_text(vector: Vectors) -> str:
    """Return a vector, of shape (dim,), as pgvector reads it."""
    return "[" + ",".join(map(str, vector.tolist())) + "]"
