"""Money in doubt: how long at most, and how much of it there is now."""
