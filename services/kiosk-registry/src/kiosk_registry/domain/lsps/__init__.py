"""Local service providers."""
