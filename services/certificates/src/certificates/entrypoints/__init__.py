"""How the outside reaches certificates: routes, events, the command line."""
