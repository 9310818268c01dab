"""Centres are inspected, by themselves and by officers."""
