"""What the use cases of assistance need from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from identity.domain.assistance.acts import Act
from identity.domain.assistance.assistance import Assistance, Consent
from identity.domain.assistance.cases import Answer, Case, CaseState
from identity.domain.assistance.notices import Notice
from servicekit.idempotency import Claim, Once

Acts = Mapping[str, Act]


@dataclass(frozen=True, kw_only=True)
class ConsentText:
    """What somebody reads before they agree, with {where}, {act}, {minutes} and {code} to be filled in."""

    id: str
    text: str
    text_hi: str


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The event of an end, minted by the caller: it is written with the end or not at all."""

    event_id: str
    request_id: str
    at: datetime


class Assistances(Protocol):
    """Assistances by their ids. Every change is conditional, and exact under concurrency."""

    def find(self, claim: Claim) -> Once[str] | None:
        """What an earlier request under this key made. Raises IdempotencyKeyReused."""

    def add(self, claim: Claim, assistance: Assistance) -> Once[str]:
        """Keep a new one under its key, once. Raises IdempotencyKeyReused."""

    def get(self, assistance_id: str) -> Assistance | None:
        """The assistance, whatever its state."""

    def of_notice(self, not_me_id: str) -> Assistance | None:
        """The assistance whose notices have the code of this stored form."""

    def put_code(self, assistance_id: str, code_hmac: str, expires_at: datetime) -> bool:
        """Have this code count and no other; False when one has been sent, or it is no longer asked for."""

    def mark_sent(self, assistance_id: str, code_hmac: str) -> None:
        """Note that this code is on its way. Safe to repeat."""

    def count_try(self, assistance_id: str, most: int) -> Assistance | None:
        """One more try at the code; None when `most` are used up or it is no longer asked for."""

    def agree(self, tried: Assistance, consent: Consent, ends_at: datetime, notice: Notice) -> bool:
        """Active, with its receipt and the notice of it, in one transaction; False when it is no longer asked for."""

    def count_token(self, assistance_id: str, most: int, at: datetime) -> bool:
        """One more token; False when `most` were given or it is not in force at `at`."""

    def withdraw(self, assistance_id: str, ending: Ending) -> bool:
        """End it with its event, in one transaction; False when it was neither asked for nor active."""

    def dispute(self, case: Case, ending: Ending) -> bool:
        """End it and open the case, with its event, in one transaction; False when there is one or was no consent."""


class Cases(Protocol):
    """Cases by their ids and by what they are about."""

    def get(self, case_id: str) -> Case | None:
        """The case."""

    def about(self, assistance_id: str) -> Case | None:
        """The one case about an assistance."""

    def page(self, state: CaseState | None, after: str, limit: int) -> Sequence[Case]:
        """Cases with greater ids than `after`, the oldest first."""

    def answer(self, case: Case, answer: Answer, notice: Notice) -> bool:
        """Answer with the notice of it, in one transaction; False when it was answered before."""


class NewNotices(Protocol):
    """Notices to be sent, inside one transaction."""

    def add(self, notices: Sequence[Notice]) -> None:
        """Keep those whose ids are new."""


class Notices(Protocol):
    """Notices on their way."""

    def due(self, at: datetime, limit: int) -> Sequence[Notice]:
        """Those whose time has come, the longest waiting first."""

    def sent(self, notice_id: str, at: datetime) -> None:
        """Note that it was sent. Safe to repeat."""

    def failed(self, notice: Notice, due_at: datetime) -> None:
        """Note one more failure, and when to try again."""
