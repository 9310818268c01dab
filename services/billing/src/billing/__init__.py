"""Billing: bills fetched and paid, the double-entry ledger, kiosk wallets, fees and receipts of e-Mitra."""

__version__ = "0.1.0"
