"""The rulebook, read from files."""
