"""What breaks are of: payments, refunds and top-ups, each in its own store."""

from dataclasses import dataclass

from billing.application.payments.ports import Payments
from billing.application.refunds.ports import Refunds
from billing.application.top_ups.ports import TopUps
from billing.domain.breaks.ending import AnyChange, StoredBreak, Subject
from billing.domain.payments.saga import Change
from billing.domain.refunds.saga import RefundChange


@dataclass(frozen=True)
class Subjects:
    """Reads what a break is of, and records what ends it."""

    payments: Payments
    refunds: Refunds
    top_ups: TopUps

    def of(self, row: StoredBreak) -> Subject:
        """As it stands."""
        return Subject(
            payment=self.payments.get(row.payment_id) if row.payment_id else None,
            refund=self.refunds.get(row.refund_id) if row.refund_id else None,
            top_up=self.top_ups.get(row.top_up_id) if row.top_up_id else None,
        )

    def record(self, before: Subject, change: AnyChange) -> bool:
        """The change with the end of its break, in one transaction; False when either stands otherwise by now."""
        if isinstance(change, Change):
            assert before.payment is not None
            return self.payments.record(before.payment, change)
        if isinstance(change, RefundChange):
            assert before.refund is not None
            return self.refunds.record(before.refund, change)
        assert before.top_up is not None
        return self.top_ups.record(before.top_up, change)
