"""An assistance: an operator or a centre acts for a person, once that person agreed to it by a code."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from identity.domain.assistance.acts import Act
from identity.domain.vault.records import Actor

# Long enough for a form with papers, too short to be used for something else after the person has left.
MIN_MINUTES, DEFAULT_MINUTES, MAX_MINUTES = 5, 15, 30
# A token is taken again when it ends; more than these for one act is something else than that act.
MAX_TOKENS = 10
# Whoever has said "not me" is believed within this even where no message of it arrives.
TOKEN_LIVES = timedelta(minutes=5)
# What nobody agreed to is of no use to anybody after a day.
UNANSWERED_KEPT = timedelta(days=1)
# Of one number: at one centre as many in a day as one signs in with, at all together what messages may cost.
MAX_CODES_AT_A_CENTRE = 10
MAX_CODES_OF_A_NUMBER_HERE = 30
MAX_CODES_OF_A_CLIENT = 500


class State(StrEnum):
    """How far it is. That its time is over is seen from `ends_at`, not from the state."""

    ASKED = "ASKED"
    ACTIVE = "ACTIVE"
    WITHDRAWN = "WITHDRAWN"
    DISPUTED = "DISPUTED"


@dataclass(frozen=True, kw_only=True)
class Consent:
    """The receipt: who agreed, when, and to which words (the id of the text; the act is the assistance's)."""

    person_id: str
    text_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Assistance:
    """As kept. `mobile_reference` stands for the number in the vault; `identifier` is what the act is about and
    `amount_paise` the most that it may cost in all, both told to the person and enforced; `object_text` is told beside.
    `consent` and `ends_at` are there from the state ACTIVE. `not_me_id` is the stored form of
    the code in its notices."""

    id: str
    actor: Actor
    actor_role: str | None
    act: Act
    identifier: str | None = None
    object_text: str | None
    amount_paise: int | None
    minutes: int
    mobile_reference: str
    mobile_index: str
    mobile_shown: str
    not_me_id: str
    asked_at: datetime
    state: State = State.ASKED
    code_hmac: str | None = field(default=None, repr=False)
    code_expires_at: datetime | None = None
    code_sent: bool = False
    tries: int = 0
    consent: Consent | None = None
    ends_at: datetime | None = None
    tokens: int = 0
    events: int = 0

    def is_in_force(self, at: datetime) -> bool:
        """Whether it may be used."""
        return self.state is State.ACTIVE and self.ends_at is not None and at < self.ends_at

    def is_of(self, actor: Actor) -> bool:
        """Whether this is who asked for it: the same client at the same centre, and the same operator where one had
        signed in. Who works at two centres has not at the one what they were told at the other: their right to act for
        that may have ended."""
        return self.actor == actor


def not_me_code(key: bytes, assistance_id: str) -> str:
    """The code in every notice of an assistance: 256 bits, made anew from the key whenever a notice is sent."""
    digest = hmac.digest(key, b"not-me:" + assistance_id.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
