"""What officers do beside deciding: take a case, stand in for one another, decide many."""
