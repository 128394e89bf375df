"""The comparison with other systems on the same work; see README.md."""
