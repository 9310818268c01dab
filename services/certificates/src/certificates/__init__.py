"""Applications to the state's departments, their officers' decisions, and the certificates that result."""

__version__ = "0.1.0"
