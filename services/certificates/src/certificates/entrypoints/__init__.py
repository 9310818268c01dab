"""What the outside reaches: HTTP routes, consumed events, the command line."""
