"""Certificates, their verification and keys."""
