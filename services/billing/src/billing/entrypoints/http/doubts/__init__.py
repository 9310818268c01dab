"""Money in doubt, for everybody."""
