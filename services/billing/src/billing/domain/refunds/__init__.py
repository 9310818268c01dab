"""A refund and the saga it goes through."""
