"""What has rules: the facts of the districts, the codes of centres and the opening register. Standard library only."""
