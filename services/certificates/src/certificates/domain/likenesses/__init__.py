"""Applications that may be about the same fact."""
