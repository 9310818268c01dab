"""The rulebook from files."""
