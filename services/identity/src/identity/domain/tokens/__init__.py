"""Tokens: issued, renewed, revoked, looked at."""
