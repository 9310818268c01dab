"""The gateway's view of an application."""
