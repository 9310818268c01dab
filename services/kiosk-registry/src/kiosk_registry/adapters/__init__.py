"""MongoDB and the package's own data."""
