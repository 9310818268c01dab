"""Puts identity together, an area a module: the only place that names concrete adapters."""

from identity.adapters.client_assertions import read_public_keys
from identity.bootstrap.assistance import NOT_ME_PATH, Assistance
from identity.bootstrap.identity import TOKEN_PATH, Identity, bootstrap
from identity.bootstrap.privacy import Privacy
from identity.bootstrap.stored import INDEXES, PUBLISHES
from identity.bootstrap.vault import Vault

__all__ = [
    "INDEXES",
    "NOT_ME_PATH",
    "PUBLISHES",
    "TOKEN_PATH",
    "Assistance",
    "Identity",
    "Privacy",
    "Vault",
    "bootstrap",
    "read_public_keys",
]
