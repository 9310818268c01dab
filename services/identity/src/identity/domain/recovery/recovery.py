"""A recovery: somebody lost their number, or their second factor, and a centre and an officer help them."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

STOP_CODE_BYTES = 10  # 80 bits: nobody guesses one
OFFICER = "officer"


class State(StrEnum):
    """How far a recovery is. It runs while it is OPEN or APPROVED."""

    OPEN = "OPEN"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    STOPPED = "STOPPED"
    DONE = "DONE"


RUNNING = (State.OPEN, State.APPROVED)


@dataclass(frozen=True, kw_only=True)
class By:
    """Who does it: a client, its centre if it has one, and the person it acts for, if any."""

    client_id: str
    kiosk_id: str | None = None
    person_id: str | None = None

    def is_also(self, other: "By") -> bool:
        """Whether the two may be one and the same human being."""
        return self.client_id == other.client_id or (self.person_id is not None and self.person_id == other.person_id)


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """`old_index` and `new_index` are of the numbers, `old_sealed` is the old one closed, for the notices to it.

    `person_id` is whose number it was when it was opened, None when it was nobody's. `notified` says that the old
    number has been told; before that nobody approves. `effective_at` is there once it is approved.
    """

    id: str
    person_id: str | None
    old_index: str
    old_shown: str
    old_sealed: bytes = field(repr=False)
    new_index: str
    new_shown: str
    resets_factors: bool
    stop_code: str = field(repr=False)
    notified: bool
    state: State
    opened_by: By
    opened_at: datetime
    decided_by: By | None = None
    decided_at: datetime | None = None
    effective_at: datetime | None = None


def new_stop_code() -> str:
    """Sixteen letters and digits for the old number; not repeatable."""
    return base64.b32encode(secrets.token_bytes(STOP_CODE_BYTES)).decode()
