"""Receipts on paper: copies and their series, and what may be said of a receipt to anybody."""
