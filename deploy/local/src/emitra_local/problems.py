"""What can be wrong with a machine, said to the person at it. Standard library only."""

from __future__ import annotations


class CannotStart(Exception):
    """Something a person must change first; the text says what and how. Never shown with a stack trace."""
