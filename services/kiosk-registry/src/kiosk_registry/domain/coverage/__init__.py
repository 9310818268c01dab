"""How far people have it to a centre, and where the next ones would help most."""
