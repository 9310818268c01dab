"""What is done by assisted tokens (ADR 0044): on record before a service is asked, announced when it was done.

Nothing that a service did is missed: what is on record and has no outcome after a while is announced as perhaps done.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

# A repeat under the same key is no second act for as long as any service keeps its keys.
REMEMBERED = timedelta(days=30)


class Outcome(StrEnum):
    """What is known of an act."""

    DONE = "DONE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, kw_only=True)
class Act:
    """One call that changes something, made for a person. `route` is the template of its path."""

    id: str
    assistance_id: str
    client_id: str
    kiosk_id: str | None
    service: str
    method: str
    route: str
    request_id: str
    begun_at: datetime


def act_id(assistance_id: str, method: str, path: str, idempotency_key: str | None, otherwise: str) -> str:
    """The same for each repeat of one request under its key; without a key each request is an act of its own."""
    if idempotency_key is None:
        return otherwise
    named = "\n".join((assistance_id, method, path, idempotency_key))
    return f"act_{hashlib.sha256(named.encode()).hexdigest()[:32]}"


class Acts(Protocol):
    """Acts on record. What a request needs raises DependencyUnavailable."""

    def begin(self, act: Act) -> None:
        """Put it on record, by a majority; one that is there stays as it is, with one attempt more."""

    def conclude(self, act: Act, outcome: Outcome, event_id: str, at: datetime) -> None:
        """Note the outcome with its event, in one transaction. One that has its outcome keeps it."""

    def drop(self, act_id: str) -> None:
        """One attempt came to nothing; forget the act when none is left, unless it has an outcome."""

    def without_outcome(self, begun_before: datetime, limit: int) -> list[Act]:
        """Those whose outcome nobody wrote down."""


@dataclass(frozen=True)
class ActRecorder:
    """Around a call that is made for a person."""

    acts: Acts

    def begin(self, act: Act) -> None:
        """On record before anything is done; where that cannot be, nothing is done."""
        self.acts.begin(act)

    def conclude(self, act: Act, status: int, event_id: str, at: datetime) -> None:
        """By the service's answer: done, or refused; what a failing service did is not known."""
        if status < 400:
            self.acts.conclude(act, Outcome.DONE, event_id, at)
        elif status < 500:
            self.acts.drop(act.id)

    def not_begun(self, act: Act) -> None:
        """The service was not asked."""
        self.acts.drop(act.id)
