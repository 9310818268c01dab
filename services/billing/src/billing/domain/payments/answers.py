"""What a partner (the biller network, the payment service provider) answered."""

from dataclasses import dataclass
from enum import StrEnum

from billing.domain.payments.form import Form


class Outcome(StrEnum):
    """What is known after asking a partner to do something, or asking what became of it.

    NOT_SENT: certainly nothing arrived. NEVER_SEEN: the other side knows no such request, so sending it (again,
    under the same id) is safe. UNKNOWN: no answer, or one that cannot be read: it may have happened.
    """

    SUCCESS = "SUCCESS"
    PENDING = "PENDING"
    REFUSED = "REFUSED"
    NEVER_SEEN = "NEVER_SEEN"
    NOT_SENT = "NOT_SENT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Answer:
    """An outcome with the other side's reference (SUCCESS) or reason (REFUSED).

    `form` is what a body says, with a SUCCESS, of the form whose fee it took. `down`, of NOT_SENT: the other side could
    not be reached, or whoever passes on to it says so; without it only the caller's time was over.
    """

    outcome: Outcome
    reference: str = ""
    reason: str = ""
    form: Form | None = None
    down: bool = False


@dataclass(frozen=True)
class Call:
    """What was asked of a partner and answered, and led to a move. `earlier` calls before it decided nothing."""

    ask: str
    outcome: Outcome
    earlier: int = 0
