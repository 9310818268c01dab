"""What the use cases of doubts need from outside, named by the need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class InDoubt:
    """How many payments to a biller by one mode are in doubt, and when the oldest of them began.

    `late` of them are past their limit, and with people.
    """

    biller_id: str
    mode: str
    count: int
    late: int
    oldest_at: datetime


@dataclass(frozen=True)
class Doubt:
    """A payment in doubt whose limit comes near."""

    payment_id: str
    kiosk_id: str | None
    district_code: str | None
    biller_id: str
    mode: str
    request_id: str
    began_at: datetime
    deadline_at: datetime


class Doubts(Protocol):
    """Payments in doubt."""

    def in_doubt(self, at: datetime) -> Sequence[InDoubt]:
        """By biller and mode; those of which there is none are left out."""

    def next_near(self, at: datetime) -> Doubt | None:
        """One in the last part of its limit of which nobody was warned."""

    def warn(self, doubt: Doubt, event_id: str, at: datetime) -> bool:
        """Tell of it by an event, once; False when somebody else did, or it is in doubt no more."""
