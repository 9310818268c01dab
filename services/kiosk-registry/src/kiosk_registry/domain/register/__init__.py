"""The centres."""
