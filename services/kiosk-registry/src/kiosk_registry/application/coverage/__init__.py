"""How well people are served, counted once and kept."""
