"""Officers' decisions."""
