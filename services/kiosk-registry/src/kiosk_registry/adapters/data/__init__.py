"""Facts of places as data files."""
