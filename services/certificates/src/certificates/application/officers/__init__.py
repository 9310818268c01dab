"""Officers decide applications."""
