"""Receipts are drawn."""
