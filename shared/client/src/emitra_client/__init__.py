"""A client of e-Mitra's gateway: it signs in, sends idempotency keys, and bounds each call."""

from emitra_client.client import Answer, Client, UnexpectedAnswer, new_key

__all__ = ["Answer", "Client", "UnexpectedAnswer", "new_key"]
__version__ = "0.1.0"
