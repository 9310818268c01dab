"""What the use cases of breaks need from outside, named by the need."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from billing.domain.breaks.ending import Proposal, StoredBreak
from billing.domain.payments.breaks import Resolution


class StoredBreaks(Protocol):
    """The breaks as people have them."""

    def get(self, break_id: str) -> StoredBreak | None:
        """One."""

    def page(self, *, is_open: bool, after: tuple[datetime, str] | None, limit: int) -> Sequence[StoredBreak]:
        """Those that are due first in front; `after` is when the last one of the page before was due, and its id."""

    def propose(self, break_id: str, proposal: Proposal) -> bool:
        """Keep a proposal in the place of any other; False if the break is not open any more."""

    def close(self, break_id: str, resolution: Resolution) -> bool:
        """End a break that nothing changes with; False if it is not open with that proposal any more."""
