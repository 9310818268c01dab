"""How the service is reached: HTTP and the command line."""
