"""Use cases of people's rights: notices, consents, who read their data, export, erasure, breaches, retention."""
