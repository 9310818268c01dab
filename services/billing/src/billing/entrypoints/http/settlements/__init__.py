"""Settlements, for the departments that they are of."""
