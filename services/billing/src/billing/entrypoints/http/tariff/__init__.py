"""Service charges."""
