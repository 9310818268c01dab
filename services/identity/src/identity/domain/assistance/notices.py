"""What a person is told: of an assistance of theirs, or that a centre of theirs was approved."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from identity.domain.centres.invitation import Invitation

# The first repeat comes soon, since most failures are short; then rarely, and without end: no notice is given up.
FIRST_REPEAT, LAST_REPEAT = timedelta(seconds=5), timedelta(minutes=10)
SENT_KEPT = timedelta(days=30)


class NoticeKind(StrEnum):
    """What it tells."""

    AGREED = "AGREED"
    DONE = "DONE"
    PERHAPS_DONE = "PERHAPS_DONE"
    ANSWERED = "ANSWERED"
    INVITED = "INVITED"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message to be sent. `id` is that of what it tells, so that the same is never told twice.

    `operation` is what was called, such as `POST /v1/payments`; None for what was no call. It is about an assistance or
    about an invitation.
    """

    id: str
    assistance_id: str | None
    kind: NoticeKind
    operation: str | None
    at: datetime
    attempts: int = 0
    invitation: Invitation | None = None

    def again_after(self) -> timedelta:
        """How long to wait after one more failure: doubled each time, up to the last."""
        return min(FIRST_REPEAT * (1 << min(self.attempts, 16)), LAST_REPEAT)
