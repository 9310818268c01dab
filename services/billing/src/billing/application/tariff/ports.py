"""What the use cases of fees need from outside, named by the need."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from billing.domain.tariff.rehearsal import PaidBill


class MonthOfPayments(Protocol):
    """Payments that were made."""

    def completed(self, begun_from: datetime, begun_before: datetime) -> Iterator[PaidBill]:
        """The completed ones among those that began in this time, in no memory that grows with them."""
