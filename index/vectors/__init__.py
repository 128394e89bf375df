"""Vector engines: nearest rows by cosine similarity, behind one protocol; opened by name."""
