"""Applications and decisions."""
