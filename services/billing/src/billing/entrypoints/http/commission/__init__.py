"""Statements of commission."""
