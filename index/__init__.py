"""Passages to vectors and terms, questions to hits; builds on disk."""
