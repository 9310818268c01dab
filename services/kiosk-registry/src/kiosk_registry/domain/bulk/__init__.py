"""The register as a table: what a row says of a centre, and what becomes of it."""
