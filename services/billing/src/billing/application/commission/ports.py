"""What statements need from outside."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from billing.domain.commission.statement import Earning


class Earnings(Protocol):
    """What was charged at centres."""

    def of_kiosk(self, kiosk_id: str, begun: datetime, before: datetime) -> Iterator[Earning]:
        """Of one centre, the charges of payments completed between two instants, then what went back between them."""

    def kiosks_of(self, lsp_id: str) -> Sequence[str]:
        """The centres that a provider has by now."""
