"""Drafts of applications, saved and resumed."""
