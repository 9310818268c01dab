"""Applications that may be the same."""
