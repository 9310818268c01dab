"""Payments while parts of the platform are killed at random; then the history and the books have to agree."""
