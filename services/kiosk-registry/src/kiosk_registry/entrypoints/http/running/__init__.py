"""Running a centre: changing it, and what was changed of it."""
