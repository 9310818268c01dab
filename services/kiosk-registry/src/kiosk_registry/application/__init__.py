"""What the service does: one module per use case, by area."""
