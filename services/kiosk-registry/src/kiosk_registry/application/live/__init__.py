"""Heartbeats, and what follows from their coming or not."""
