"""A service's own database, kept, brought back to an earlier minute, and compared (ADR 0080)."""
