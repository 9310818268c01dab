"""Breaches of personal data: what the register holds, whom they concern, what the law gives time for.

Section 8(6) of the Act and rule 7 of the Rules: each affected person without delay; the Board without delay, and in
detail within seventy-two hours of becoming aware, or longer where the Board allowed it in writing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from identity.domain.privacy.notices import Words

DETAILED_WITHIN = timedelta(hours=72)


class Nature(StrEnum):
    """What kind of breach (section 2(u): unauthorised processing, or loss of confidentiality, integrity, access)."""

    DISCLOSURE = "disclosure"
    ALTERATION = "alteration"
    LOSS_OF_ACCESS = "loss-of-access"
    UNAUTHORISED_PROCESSING = "unauthorised-processing"


class Affected(StrEnum):
    """How the persons are selected, so that the register needs no list of them."""

    EVERYBODY = "everybody"
    OWNERS_OF_NUMBERS = "owners-of-numbers"  # whose numbers of a kind are in the vault
    READ_BY_CLIENT = "read-by-client"  # whose numbers a client read in the time of the breach


class Intimation(StrEnum):
    """What the Board was told, or allowed."""

    FIRST = "first"
    DETAILED = "detailed"
    EXTENSION = "extension"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Whom a breach concerns: `value` is the kind of number or the client, empty for everybody."""

    affected: Affected
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class Breach:
    """An entry of the register. No personal data: texts are for everybody whom it concerns (rule 7(1)(a) to (e))."""

    id: str
    nature: Nature
    selection: Selection
    began_at: datetime
    ended_at: datetime
    aware_at: datetime
    what_happened: Words
    consequences: Words
    measures: Words
    safety: Words
    contact: Words
    recorded_by: str
    recorded_at: datetime
    extended_until: datetime | None = None
    first_told_at: datetime | None = None
    detailed_told_at: datetime | None = None
    persons_told_at: datetime | None = None
    persons: int = 0

    @property
    def detailed_due_at(self) -> datetime:
        """By when the Board must have the details."""
        return self.extended_until or self.aware_at + DETAILED_WITHIN

    def is_overdue(self, at: datetime) -> bool:
        """Whether the Board lacks the details and the time is over."""
        return self.detailed_told_at is None and at >= self.detailed_due_at


@dataclass(frozen=True, kw_only=True)
class BreachNotice:
    """That a breach was told to a person, in the person's own account (rule 7(3))."""

    breach_id: str
    person_id: str
    at: datetime
