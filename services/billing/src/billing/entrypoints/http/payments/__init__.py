"""Payments, receipts, transactions, callbacks."""
