"""Clients that strangers generate from the platform's document, and the journeys they make with them."""
