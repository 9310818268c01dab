"""e-Mitra identity: clients, people's sign-in, their tokens and the keys that verify them."""

__version__ = "0.1.0"
