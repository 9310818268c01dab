"""Centres' wallets: opened, funded, shown."""
