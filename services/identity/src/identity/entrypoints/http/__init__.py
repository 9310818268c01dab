"""HTTP by area."""
