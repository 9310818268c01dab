"""Certificates as Verifiable Credentials."""
