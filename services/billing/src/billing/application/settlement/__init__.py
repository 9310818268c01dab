"""Reconciliation with partners' files, and the settlement of what departments are owed."""
