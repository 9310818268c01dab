"""Application types."""
