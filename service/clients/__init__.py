"""Retrievers for other people's frameworks; each file can be copied, and needs nothing of ours.

The server imports none of them.
"""
