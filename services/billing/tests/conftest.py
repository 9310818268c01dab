"""Fixtures of every level are servicekit's."""

pytest_plugins = ["servicekit.testing.plugin"]
