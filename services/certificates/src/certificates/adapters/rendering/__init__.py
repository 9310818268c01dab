"""Papers are drawn."""
