"""Payments made, driven to their end, swept, looked at."""
