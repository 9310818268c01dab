"""The stores in MongoDB, one file per area, and the unit of work that owns their transaction."""
