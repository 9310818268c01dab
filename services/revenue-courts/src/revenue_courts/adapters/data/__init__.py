"""Facts that ship, and their readers."""
