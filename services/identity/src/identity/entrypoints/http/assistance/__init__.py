"""Assistances, the page behind a notice, and cases."""
