"""Breaks, for the people who end them."""
