"""People, and the mobile numbers that they are known by."""
