"""Centres are applied for, judged and opened."""
