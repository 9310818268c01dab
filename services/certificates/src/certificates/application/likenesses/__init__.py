"""What an officer is shown beside an application, because it may be the same."""
