"""A payment and the saga it goes through."""
