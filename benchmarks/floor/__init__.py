"""sentence-transformers and FAISS."""
