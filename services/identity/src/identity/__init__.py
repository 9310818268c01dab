"""e-Mitra identity: machine clients, officers' clients, access tokens and the keys that verify them."""

__version__ = "0.1.0"
