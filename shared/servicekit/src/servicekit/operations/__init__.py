"""Command lines for people on call: `<service> dead-letters …` and `<service> outbox …`."""
