"""Districts and PIN codes."""
