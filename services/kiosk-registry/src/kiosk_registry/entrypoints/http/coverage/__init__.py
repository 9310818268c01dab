"""How well people are served, over HTTP."""
