"""A bill: what a customer owes a biller, and which amounts pay it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.domain.calendar import LATEST_DAY, start_of_day
from billing.domain.money import rupees
from billing.domain.tariff.billers import Exactness
from billing.domain.tariff.problems import Problem

# A bill that may be paid in part, or in any amount, is paid with at least this unless the biller says more.
LEAST_PAYMENT_PAISE = 100


# For so long a biller may go on listing what was paid through us: until its books are posted, over a holiday too. What
# it lists of a paid bill after that is a due of its own.
LISTED_ON_FOR = timedelta(days=7)


def following_key(bill_key: str, payment_id: str) -> str:
    """The key of the due that follows one which this payment paid, under the same reference: the same for everybody."""
    return _digest([bill_key, payment_id])


@dataclass(frozen=True)
class Bill:
    """What is due, as the biller said at `fetched_at`; it may be paid until `expires_at`, then it is fetched again.

    `customer_params` go back to the biller with the payment. `fee_order` is the order that an application's fee, or an
    examination's, comes from; the reference of an application's fee is its demand. `channel` is where it was quoted
    (None: before channels were told). `fee_window` names the window of an examination fee, `once_key` what stands for
    the candidate's one charge. `older` are the keys of bills that are paid before this one.
    """

    bill_id: str
    biller_id: str
    bill_ref: str
    customer_params: Mapping[str, str]
    amount_paise: int
    exactness: Exactness
    minimum_paise: int | None
    multiple_paise: int | None
    due_on: date | None
    bill_period: str | None
    fetched_at: datetime
    expires_at: datetime
    application_id: str | None = None
    fee_order: str | None = None
    fee_order_hi: str | None = None
    channel: str | None = None
    fee_window: str | None = None
    once_key: str | None = None
    older: tuple[str, ...] = ()

    @property
    def due_key(self) -> str:
        """What identifies the due, whoever fetched it and how often (ADR 0020).

        The biller's reference, with its period; without one, with the due day; without that, with the amount: a
        reference such as "NA" comes again each month. A bill paid in parts does without the amount, which falls with
        each part: what was paid more than LISTED_ON_FOR ago does not count there. A digest, because customer
        parameters identify a person.
        """
        if self.application_id:
            return self.bill_ref
        if self.once_key:
            return self.once_key
        if self.bill_period:
            return self._key(self.bill_period)
        if self.due_on:
            return self._key(None, self.due_on.isoformat())
        return self._key(None) if self.is_paid_in_parts else self._key(None, self.amount_paise)

    @property
    def former_key(self) -> str | None:
        """The key under which release 0.1.0 knew this due, where that was another one."""
        dated = self.bill_period or self.application_id or self.once_key or self.is_paid_in_parts
        return None if dated else self._key(None)

    @property
    def is_paid_in_parts(self) -> bool:
        """Whether several payments may pay it; any other is paid by one."""
        return self.exactness in (Exactness.EXACT_AND_BELOW, Exactness.RANGE, Exactness.ANY)

    @property
    def bill_key(self) -> str:
        """What one payment alone may have at a time: the due, or of one paid in parts this fetch of it."""
        return self.bill_id if self.is_paid_in_parts else self.due_key

    def is_listed_anew(self, paid_at: datetime | None) -> bool:
        """Whether the biller lists it so long after it was paid that it is a due of its own. A fee is due once."""
        if paid_at is None or self.application_id or self.once_key:
            return False
        return self.fetched_at >= paid_at + LISTED_ON_FOR

    def _key(self, *dated: object) -> str:
        return _digest([self.biller_id, sorted(self.customer_params.items()), self.bill_ref, *dated])

    def problem_with_amount(self, paise: int) -> Problem | None:
        """Why the biller would not take `paise` for this bill, or None."""
        due = self.amount_paise
        if paise == due:
            return None
        least = self.minimum_paise if self.minimum_paise is not None else LEAST_PAYMENT_PAISE
        lowest, highest = {
            Exactness.EXACT: (due, due),
            Exactness.EXACT_AND_ABOVE: (due, None),
            Exactness.EXACT_AND_BELOW: (least, due),
            Exactness.RANGE: (least, due),
            Exactness.ANY: (least, None),
        }[self.exactness]
        if lowest == highest:
            return Problem("amount", "amount-not-exact", f"This bill is paid in full: {rupees(due)}.")
        if paise < lowest:
            return Problem("amount", "amount-too-low", f"At least {rupees(lowest)} can be paid on this bill.")
        if highest is not None and paise > highest:
            return Problem("amount", "amount-too-high", f"At most {rupees(highest)} can be paid on this bill.")
        if self.multiple_paise and paise % self.multiple_paise:
            steps = rupees(self.multiple_paise)
            return Problem("amount", "amount-not-a-multiple", f"A part payment is a multiple of {steps}.")
        return None


def amount_as_of(
    at: datetime, amount_paise: int, due_on: date | None, after_due_paise: int | None
) -> tuple[int, datetime | None]:
    """What is due at an instant, and until when that holds (None: as far as the biller says, for good).

    A bill is in time on the whole of its due day in India; then, where the biller says so, another amount is due.
    """
    if due_on is None or after_due_paise is None or due_on > LATEST_DAY:
        return amount_paise, None
    over_at = start_of_day(due_on + timedelta(days=1))
    return (amount_paise, over_at) if at < over_at else (after_due_paise, None)


def _digest(told: object) -> str:
    return f"bill:{hashlib.sha256(json.dumps(told).encode()).hexdigest()}"
