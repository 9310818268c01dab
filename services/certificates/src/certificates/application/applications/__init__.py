"""Applications are submitted, paid for and read."""
