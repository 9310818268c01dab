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

    def of(self, found: StoredBreak) -> Subject:
        """As it stands."""
        return Subject(
            payment=self.payments.get(found.payment_id) if found.payment_id else None,
            refund=self.refunds.get(found.refund_id) if found.refund_id else None,
            top_up=self.top_ups.get(found.top_up_id) if found.top_up_id else None,
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
