"""Facts that identity ships, and what reads them."""
