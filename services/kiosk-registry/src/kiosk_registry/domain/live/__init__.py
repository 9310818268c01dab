"""Which centres are there at this moment, and which districts went dark."""
