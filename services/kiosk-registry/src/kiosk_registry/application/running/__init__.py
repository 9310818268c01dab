"""Centres that trade are changed, and their history is read."""
