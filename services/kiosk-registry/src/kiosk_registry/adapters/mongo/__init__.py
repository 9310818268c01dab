"""The stores in MongoDB."""
