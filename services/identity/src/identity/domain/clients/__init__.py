"""Clients: software that asks for tokens, its secrets and keys."""
