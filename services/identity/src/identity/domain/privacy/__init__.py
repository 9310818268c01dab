"""What people decide of their data: notices, consents, erasure; what happened to it: breaches; how long it is kept."""
