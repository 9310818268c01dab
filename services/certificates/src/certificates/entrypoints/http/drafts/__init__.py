"""Drafts of applications."""
