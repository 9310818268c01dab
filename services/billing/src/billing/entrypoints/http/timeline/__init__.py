"""The money timeline and its keys."""
