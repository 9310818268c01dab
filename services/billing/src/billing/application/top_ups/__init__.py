"""Wallets topped up through the payment provider."""
