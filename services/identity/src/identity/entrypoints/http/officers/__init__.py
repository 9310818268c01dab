"""Officers who move, for the administration."""
