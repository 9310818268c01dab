"""Certificates are issued, read and verified."""
