"""Receipts printed, checked by anybody, and overcharging reported."""
