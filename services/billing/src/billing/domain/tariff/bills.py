"""A bill: what a customer owes a biller, and which amounts pay it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from billing.domain.money import rupees
from billing.domain.tariff.billers import Exactness, Problem

# A bill that may be paid in part, or in any amount, is paid with at least this unless the biller says more.
LEAST_PAYMENT_PAISE = 100


def bill_key_of(biller_id: str, customer_params: Mapping[str, str], bill_ref: str, bill_period: str | None) -> str:
    """What stands for a biller's own bill, whoever fetched it and how often: the same from the same four.

    A digest, because customer parameters identify a person and this is an index key.
    """
    told = json.dumps([biller_id, sorted(customer_params.items()), bill_ref, bill_period])
    return f"bill:{hashlib.sha256(told.encode()).hexdigest()}"


@dataclass(frozen=True)
class Bill:
    """What is due, as the biller said at `fetched_at`; it may be paid until `expires_at`, then it is fetched again.

    `customer_params` go back to the biller with the payment. `bill_key` is what may be paid only once at a time,
    however often it is fetched: the biller's bill (see `bill_key_of`), or the fee demand. `fee_order` is the order
    that an application's fee comes from.
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
    bill_key: str
    application_id: str | None = None
    fee_order: str | None = None
    fee_order_hi: str | None = None

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
