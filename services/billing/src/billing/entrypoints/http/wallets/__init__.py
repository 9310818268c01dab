"""Centres' wallets."""
