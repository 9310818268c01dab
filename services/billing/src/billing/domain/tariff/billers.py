"""Who can be paid, and what a biller asks for. The shape follows the Bharat BillPay biller master (MDM)."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from billing.domain.money import rupees

# No parameter may be longer, so that a biller's pattern always runs over a bounded text.
LONGEST_PARAM = 64
# A bill that may be paid in part, or in any amount, is paid with at least this unless the biller says more.
LEAST_PAYMENT_PAISE = 100


class Exactness(StrEnum):
    """Which amounts a bill accepts (Bharat BillPay's amount options)."""

    EXACT = "EXACT"
    EXACT_AND_ABOVE = "EXACT_AND_ABOVE"
    EXACT_AND_BELOW = "EXACT_AND_BELOW"
    ANY = "ANY"
    RANGE = "RANGE"


@dataclass(frozen=True)
class Problem:
    """What is wrong with one value a caller gave: a stable code and a sentence for people."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True)
class CustomerParam:
    """One thing a biller needs to find its customer, such as the K number of a connection."""

    name: str
    label: str
    label_hi: str
    numeric: bool
    min_length: int
    max_length: int
    pattern: re.Pattern[str] | None = None
    optional: bool = False

    def problem_with(self, value: str) -> Problem | None:
        """What is wrong with `value`, never repeating it: it may identify a person."""
        if not self.min_length <= len(value) <= self.max_length:
            lengths = (
                f"{self.min_length}"
                if self.min_length == self.max_length
                else (f"{self.min_length} to {self.max_length}")
            )
            return Problem(self.name, "wrong-length", f"{self.label} has {lengths} characters.")
        if self.numeric and not (value.isascii() and value.isdigit()):
            return Problem(self.name, "not-numeric", f"{self.label} consists of the digits 0 to 9 only.")
        if self.pattern and not self.pattern.fullmatch(value):
            return Problem(self.name, "wrong-form", f"{self.label} does not have the form this biller uses.")
        return None


@dataclass(frozen=True)
class Biller:
    """A biller as published to clients. `limits` gives, per channel and mode, the most one payment may be (paise)."""

    biller_id: str
    name: str
    name_hi: str
    category: str
    coverage: str
    internal: bool
    pending_supported: bool
    customer_params: tuple[CustomerParam, ...]
    limits: Mapping[str, Mapping[str, int]]

    def problems_with(self, values: Mapping[str, str]) -> list[Problem]:
        """Everything wrong with a caller's customer parameters; empty when they may be sent to the biller."""
        known = {param.name: param for param in self.customer_params}
        problems = [
            Problem(name, "unknown-field", f"{self.biller_id} does not ask for this parameter.")
            for name in values
            if name not in known
        ]
        for name, param in known.items():
            if name not in values:
                if not param.optional:
                    problems.append(Problem(name, "required", f"{param.label} is required."))
            elif problem := param.problem_with(values[name]):
                problems.append(problem)
        return problems

    def problem_with_mode(self, channel: str, mode: str) -> Problem | None:
        """Why this way of paying is not open on this channel, or None."""
        modes = self.limits.get(channel, {})
        if mode in modes:
            return None
        offered = ", ".join(modes) or "none"
        return Problem("mode", "mode-not-offered", f"On this channel {self.biller_id} takes: {offered}.")

    def problem_with_limit(self, channel: str, mode: str, paise: int) -> Problem | None:
        """Why this amount is too much for one payment in this mode, or None."""
        most = self.limits[channel][mode]
        if paise <= most:
            return None
        return Problem("amount", "over-limit", f"One payment by {mode} may be {rupees(most)} at most.")


def claim_on(biller_id: str, customer_params: Mapping[str, str], bill_ref: str, bill_period: str | None) -> str:
    """What stands for a biller's own bill, whoever fetched it and how often: the same from the same four.

    A digest, because customer parameters identify a person and a claim is an index key.
    """
    told = json.dumps([biller_id, sorted(customer_params.items()), bill_ref, bill_period])
    return f"bill:{hashlib.sha256(told.encode()).hexdigest()}"


@dataclass(frozen=True)
class Bill:
    """What is due, as the biller said at `fetched_at`; it may be paid until `expires_at`, then it is fetched again.

    `customer_params` go back to the biller with the payment. `claim_key` is what may be paid only once at a time,
    however often it is fetched: the biller's bill (see `claim_on`), or the fee demand. `fee_order` is the order that an
    application's fee comes from.
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
    claim_key: str
    application_id: str | None = None
    fee_order: str | None = None

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
