"""Applications for centres."""
