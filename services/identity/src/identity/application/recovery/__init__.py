"""Recovery: a new number for who has lost theirs, at a centre and with an officer."""
