"""Use cases of the vault: store a number, read it for a purpose, erase it, renew its keys, look who read it."""
