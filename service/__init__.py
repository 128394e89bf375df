"""Delivery: HTTP, pages and the shell."""
