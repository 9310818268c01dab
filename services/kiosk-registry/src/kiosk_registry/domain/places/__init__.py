"""Where things are: districts, and the areas of PIN codes."""
