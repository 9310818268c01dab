"""Fee orders rehearsed."""
