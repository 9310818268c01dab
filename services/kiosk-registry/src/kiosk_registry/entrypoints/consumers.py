"""The registry's table of events: what people decide of their data."""

from servicekit import personal

CONSUMERS = [*personal.erasure_consumers()]
