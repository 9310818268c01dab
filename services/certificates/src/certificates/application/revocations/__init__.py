"""Certificates are revoked, on two officers' word."""
