"""Certificates issued, read, verified."""
