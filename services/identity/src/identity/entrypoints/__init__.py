"""HTTP routes, the command line and the service declaration."""
