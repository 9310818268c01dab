"""Disputes of payments: what may be disputed, what the payment itself tells of it, and how one ends."""
