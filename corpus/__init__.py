"""Documents in, passages out: reading, canonical text, sentences, deduplication."""
