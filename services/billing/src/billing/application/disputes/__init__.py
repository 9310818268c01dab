"""Disputes: opened by who paid, with evidence, and ended by the administration."""
