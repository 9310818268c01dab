"""The gateway: the one public door of e-Mitra."""

__version__ = "0.1.0"
