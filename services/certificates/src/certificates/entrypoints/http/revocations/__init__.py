"""Certificates are revoked."""
