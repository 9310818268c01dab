"""Billers and bill fetches."""
