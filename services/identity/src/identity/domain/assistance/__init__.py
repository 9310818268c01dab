"""Somebody acts for a person who agreed to it: what was agreed to, and what happens when they say that they did not."""
