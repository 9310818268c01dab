"""Heartbeats and the state of centres and districts, over HTTP."""
