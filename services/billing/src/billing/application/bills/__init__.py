"""Bills fetched, fee demands raised."""
