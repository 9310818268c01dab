"""Second factors: what officers and administrators prove beside their phone."""
