"""Check a receipt, whoever asks: by its number, and how the account ends that it shows."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from billing.application.payments.ports import Payments
from billing.domain.payments.payment import Payment
from billing.domain.receipts.checks import account_ending
from billing.domain.tariff.billers import Biller
from servicekit.ids import read_transaction_token

_PREFIX = "EM"
_FINANCIAL_YEAR_DIGITS = 4


def read_receipt_number(text: str) -> str | None:
    """The number as printed, from what somebody typed; None for what is none: any wrong character is noticed.

    White space, hyphens and letter case do not count.
    """
    written = "".join(text.split()).replace("-", "").upper()
    years = written[len(_PREFIX) :][:_FINANCIAL_YEAR_DIGITS]
    token = read_transaction_token(_PREFIX + written[len(_PREFIX) + _FINANCIAL_YEAR_DIGITS :])
    if not written.startswith(_PREFIX) or not (years.isascii() and years.isdigit()) or token is None:
        return None
    return f"{_PREFIX}-{years}-{token.removeprefix(_PREFIX)}"


@dataclass(frozen=True)
class ReceiptChecker:
    """Answers whether a receipt is ours. Numbers are random, and a wrong ending is told as an unknown number is."""

    payments: Payments
    billers: Mapping[str, Biller]

    def find(self, receipt_number: str, ending: str) -> Payment | None:
        """The completed payment of this receipt number (as `read_receipt_number` gives it) whose account ends so."""
        payment = self.payments.by_token(_PREFIX + receipt_number.rpartition("-")[2])
        # The same is done of a number that is not known, so that the time of an answer tells nothing.
        number = payment.receipt.number if payment and payment.receipt else ""
        right = self.ending_of(payment) if payment else ""
        same_number = hmac.compare_digest(number.encode(), receipt_number.encode())
        same_ending = hmac.compare_digest(right.encode(), ending.upper().encode())
        return payment if same_number & same_ending else None

    def ending_of(self, payment: Payment) -> str:
        """How the account ends that a receipt shows: the biller's first parameter, which identifies the customer."""
        biller = self.billers.get(payment.biller_id)
        names = [param.name for param in biller.customer_params] if biller else []
        account = next((payment.customer_params[name] for name in names if name in payment.customer_params), None)
        return account_ending(account or next(iter(payment.customer_params.values()), ""))
