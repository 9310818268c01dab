"""The rules of cases and courts."""
