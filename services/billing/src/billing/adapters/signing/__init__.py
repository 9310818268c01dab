"""Signatures by keys from the settings."""
