"""A service, declared and run."""
