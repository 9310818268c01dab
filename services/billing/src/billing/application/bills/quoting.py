"""Bills that no biller lists: what a payer names, and what a body's orders set for an examination."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billing.application.bills.errors import FeeNotPayable
from billing.application.bills.ports import BillerNetwork, LeftOut, LeftOutReason, PaidBills
from billing.domain.tariff.billers import Biller, Exactness, Flow
from billing.domain.tariff.bills import Bill
from billing.domain.tariff.exam_fees import NotPayable

# A quote binds for a day, or until its window closes; after that it is quoted again.
BILL_VALID_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Quoting:
    """Makes bills out of what is known here, after the biller has validated them where it does."""

    network: BillerNetwork
    paid_bills: PaidBills
    new_bill_id: Callable[[], str]

    def named(self, biller: Biller, values: Mapping[str, str], paise: int, at: datetime, channel: str) -> Bill:
        """A bill of the amount that the payer names. Each is a due of its own: two recharges are two.

        Raises CustomerNotKnown, BillRequestRefused, BillerUnavailable, BillerTimeout.
        """
        return self._bill(biller, values, paise, at, channel, expires_at=at + BILL_VALID_FOR)

    def examination(
        self, biller: Biller, values: Mapping[str, str], at: datetime, channel: str
    ) -> tuple[Bill | None, LeftOut | None]:
        """The fee of one candidate by the window that is open now, or that it is paid already.

        Raises FeeNotPayable, CustomerNotKnown, BillRequestRefused, BillerUnavailable, BillerTimeout.
        """
        table = biller.fee_table
        if table is None:
            raise TypeError(f"{biller.biller_id} has no fee table")
        try:
            quote = table.quote(values, at)
        except NotPayable as error:
            opens: dict[str, Any] = {} if error.opens_at is None else {"opens_at": error.opens_at.isoformat()}
            raise FeeNotPayable(str(error), biller_id=biller.biller_id, reason=error.code, **opens) from None
        once_key = table.once_key(biller.biller_id, quote.fee, values)
        if once_key and self.paid_bills.is_paid(once_key):
            return None, LeftOut(LeftOutReason.PAID, quote.fee.session)
        ends = [at + BILL_VALID_FOR, *([quote.window.closes_at] if quote.window.closes_at else [])]
        bill = self._bill(
            biller,
            values,
            quote.paise,
            at,
            channel,
            expires_at=min(ends),
            once_key=once_key,
            fee_window=quote.window.name,
            fee_order=quote.fee.order,
            fee_order_hi=quote.fee.order_hi,
        )
        return bill, None

    def _bill(
        self,
        biller: Biller,
        values: Mapping[str, str],
        paise: int,
        at: datetime,
        channel: str,
        *,
        expires_at: datetime,
        once_key: str | None = None,
        fee_window: str | None = None,
        fee_order: str | None = None,
        fee_order_hi: str | None = None,
    ) -> Bill:
        bill_id = self.new_bill_id()
        validated = biller.flow_unfetched is Flow.VALIDATE_AND_PAY
        return Bill(
            bill_id=bill_id,
            biller_id=biller.biller_id,
            # What no biller has named is known to it by our own name.
            bill_ref=self.network.validate(biller, values, paise) if validated else bill_id,
            customer_params=values,
            amount_paise=paise,
            exactness=Exactness.EXACT,
            minimum_paise=None,
            multiple_paise=None,
            due_on=None,
            bill_period=None,
            fetched_at=at,
            expires_at=expires_at,
            fee_order=fee_order,
            fee_order_hi=fee_order_hi,
            channel=channel,
            fee_window=fee_window,
            once_key=once_key,
        )
