"""Applications made, paid for, read."""
