"""The routes, an area each."""
