"""The register in and out as a table."""
