"""Issued certificates."""
