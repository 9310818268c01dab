"""The double-entry ledger: entries, accounts, wallets."""
