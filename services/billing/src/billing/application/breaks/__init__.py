"""Breaks: read by who has them, ended by two people."""
