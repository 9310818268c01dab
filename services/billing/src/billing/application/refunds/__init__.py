"""Money given back: asked for, driven to its end, swept, looked at."""
