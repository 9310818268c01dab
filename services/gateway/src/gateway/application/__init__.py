"""What the gateway decides: which operation a request is for, and what a transaction's status is."""
