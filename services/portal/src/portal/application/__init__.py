"""What the pages need to know, and where to ask for it."""
