"""Who may act, and how far. Standard library only."""
