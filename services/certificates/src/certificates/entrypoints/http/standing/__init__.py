"""Where an application stands."""
