"""The graph that nearest rows are found by in a large build: pgvector's HNSW, over 16-bit vectors.

How many rows a walk keeps in sight is chosen when the graph is made: the fewest of some numbers
with which it finds what should be found, or nearly all that any of them finds.
docs/decisions/0018-postgresql.md has what was measured.
"""

import numpy as np
import psycopg

from index.encoders.protocol import Vectors
from index.postgres.precision import as_text
from index.vectors.protocol import Matrix, Rows, Structure
from index.vectors.recall import AT, nearest, questions, recall

_CONSTRUCTION = 128
"""Rows in sight while the graph is made; with pgvector's 64 whole clusters stay out of reach."""
_IN_SIGHT = (100, 200, 300, 400, 600, 1_000)
_GOAL = 0.99
_LITTLE = 0.005
"""Recall that is not worth twice the time, where no walk finds what should be found."""
_SEED = 1


def create(connection: psycopg.Connection, schema: str, vectors: Matrix) -> Structure:
    """Make the graph of a build's contextual vectors, measure it, and note how it is walked."""
    connection.execute(
        f"CREATE INDEX ON {schema}.contextual USING hnsw (vector halfvec_ip_ops) "
        f"WITH (ef_construction = {_CONSTRUCTION})".encode()
    )
    asked = questions(vectors, np.random.default_rng(_SEED))
    truth = nearest(vectors, asked)
    reached: dict[int, float] = {}
    for in_sight in _IN_SIGHT:
        connection.execute(f"SET hnsw.ef_search = {in_sight}".encode())
        reached[in_sight] = recall(truth, lambda at: _found(connection, schema, asked[at]))
        if reached[in_sight] >= _GOAL:
            break
    wanted = min(_GOAL, max(reached.values()) - _LITTLE)
    in_sight = next(one for one in _IN_SIGHT if reached[one] >= wanted)
    connection.execute(f"INSERT INTO {schema}.graph VALUES ({in_sight})".encode())
    description = f"hnsw over halfvec, {in_sight} in sight"
    return Structure(description, reached[in_sight], len(asked), _GOAL)


def _found(connection: psycopg.Connection, schema: str, query: Vectors) -> Rows:
    rows = connection.execute(
        f"SELECT row FROM {schema}.contextual ORDER BY vector <#> %s::halfvec({len(query)}) "
        f"LIMIT {AT}".encode(),
        [as_text(query)],
    ).fetchall()
    return np.array([row for (row,) in rows], dtype=np.int64)
