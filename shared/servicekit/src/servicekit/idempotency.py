"""What a use case knows of `Idempotency-Key`: the claim it acts under and what the claim stands for. No driver.

`servicekit.http` makes claims of requests, `servicekit.mongo` keeps them; both halves and the rules: ADR 0006.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Claim:
    """One client's key for one operation.

    `fingerprint` is the hash of method, path and body; `expires_at` an aware instant after which it is forgotten.
    """

    client_id: str
    operation: str
    key: str
    fingerprint: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Once(Generic[V]):
    """What a claim stands for: the value (a resource, or its id), and whether an earlier request made it."""

    value: V
    replayed: bool
