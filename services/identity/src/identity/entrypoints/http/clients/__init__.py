"""The clients of a centre, for its operator."""
