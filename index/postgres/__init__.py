"""Collections in a PostgreSQL database with pgvector: one truth for many service processes."""
