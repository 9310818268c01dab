"""Top-ups of a centre's wallet."""
