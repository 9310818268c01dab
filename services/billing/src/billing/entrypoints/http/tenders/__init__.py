"""The proof that money was tendered."""
