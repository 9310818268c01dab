"""What the use cases of drafts need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from certificates.domain.drafts.draft import Draft
from servicekit.access import Reach
from servicekit.idempotency import Claim, Once


class Drafts(Protocol):
    """All drafts that have not expired."""

    def once(self, claim: Claim, draft: Draft) -> Once[str]:
        """Writes a new one with the claim, at most once. Raises IdempotencyKeyReused."""

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got, or None. Raises IdempotencyKeyReused."""

    def get(self, draft_id: str, at: datetime) -> Draft | None:
        """The draft as it is now."""

    def save(self, draft: Draft) -> bool:
        """Writes it over the version just before; False, and nothing written, when that is no longer there."""

    def count(self, reach: Reach, at: datetime, most: int) -> int:
        """How many are within reach; counted up to `most`."""

    def page(self, reach: Reach, at: datetime, after: str | None, limit: int) -> Sequence[Draft]:
        """At most `limit` within reach after that id, the youngest first."""
