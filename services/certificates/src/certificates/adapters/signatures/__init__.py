"""Documents are signed and verified."""
