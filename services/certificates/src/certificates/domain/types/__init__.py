"""What may be applied for."""
