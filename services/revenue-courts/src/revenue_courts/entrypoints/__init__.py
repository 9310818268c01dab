"""What comes in: requests, events, commands."""
