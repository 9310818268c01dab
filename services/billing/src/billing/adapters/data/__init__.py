"""Billers and fee orders as data files."""
