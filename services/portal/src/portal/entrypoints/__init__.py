"""How the portal is reached: its pages and the command line."""
