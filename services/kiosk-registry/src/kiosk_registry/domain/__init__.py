"""What has rules, by area. Standard library only."""
