"""Money that a centre pays into its wallet, and the saga it goes through."""
