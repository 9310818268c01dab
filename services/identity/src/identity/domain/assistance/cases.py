"""A case: somebody said that they did not let it be done."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from identity.domain.vault.records import Actor

LONGEST_ANSWER = 500


class CaseState(StrEnum):
    """How far it is."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"


class Reason(StrEnum):
    """What the person says happened."""

    NOT_PRESENT = "NOT_PRESENT"
    NOT_AGREED = "NOT_AGREED"
    OTHER = "OTHER"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What support found, in words for the person."""

    text: str = field(repr=False)
    text_hi: str = field(repr=False)
    by: Actor
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Case:
    """As kept. `actor` is who had acted."""

    id: str
    assistance_id: str
    actor: Actor
    reason: Reason
    opened_at: datetime
    answer: Answer | None = None

    @property
    def state(self) -> CaseState:
        """OPEN until it is answered."""
        return CaseState.ANSWERED if self.answer else CaseState.OPEN
