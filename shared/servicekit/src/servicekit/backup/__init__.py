"""A service's own database, kept and brought back to an earlier minute, and compared with what the others know (ADR 0080)."""
