"""Use cases by area, a module each, and the ports they need."""
