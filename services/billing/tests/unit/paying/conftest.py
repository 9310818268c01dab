"""Paying a bill, one rule at a time, over fakes that pass the suites of what they stand for."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from tests.support.builders import KIOSK, LIMITS, NOW, PACE, QUEUE, a_bill, a_claim
from tests.support.fakes import FakeBillers, FakeBills, FakeCentres, FakePayments, FakeProvider
from tests.support.reference import BILLERS, FEES

from billing.application.bills.ports import BillFetch
from billing.application.centres.require_trading import RequireTradingHandler
from billing.application.payments.drive_payment import DrivePaymentHandler
from billing.application.payments.pay_bill import PayBill, PayBillHandler
from billing.domain.payer import Payer
from billing.domain.payments.payment import Payment
from billing.domain.tariff.bills import Bill
from servicekit.idempotency import Once

CENTRE, PORTAL = Payer("cli_kiosk", KIOSK), Payer("cli_portal", None)
FUNDS = 100_000_000


@dataclass
class Town:
    """One centre, one portal and everybody whom paying asks."""

    store: FakePayments = field(default_factory=lambda: FakePayments(wallets={KIOSK: FUNDS}))
    bills: FakeBills = field(default_factory=FakeBills)
    centres: FakeCentres = field(default_factory=FakeCentres)
    billers: FakeBillers = field(default_factory=FakeBillers)
    provider: FakeProvider = field(default_factory=FakeProvider)
    at: datetime = NOW
    numbers: Any = field(default_factory=lambda: count(1))

    def pay(self, bill: Bill, payer: Payer = CENTRE, key: str | None = None, **changes: Any) -> Payment:
        """Pays a bill that this payer fetched, in full unless `changes` say otherwise."""
        return self.ask(bill, payer, key, **changes).value

    def ask(self, bill: Bill, payer: Payer = CENTRE, key: str | None = None, **changes: Any) -> Once[Payment]:
        """As `pay`, with whether it is the answer to a repeat."""
        number = next(self.numbers)
        bill = replace(bill, bill_id=f"{bill.bill_id}-{payer.client_id}")
        self.bills.keep(BillFetch(bill.bill_id, bill.biller_id, payer, (bill,), bill.fetched_at))
        command = PayBill(
            payment_id=f"pay_{number}",
            transaction_token=f"EM{number:013}",
            bill_id=bill.bill_id,
            amount_paise=bill.amount_paise,
            mode="WALLET" if payer.kiosk_id else "CARD",
            instrument=None if payer.kiosk_id else "tok_sandbox_ok",
            payer=payer,
            request_id="req_1",
            claim=a_claim(key or f"key_{number}", client_id=payer.client_id),
            at=self.at,
        )
        return self.handler()(replace(command, **changes))

    def handler(self) -> PayBillHandler:
        drive, trading = self.drive(), RequireTradingHandler(self.centres)
        return PayBillHandler(BILLERS, FEES, trading, self.bills, self.store, drive, PACE, LIMITS, QUEUE)

    def drive(self) -> DrivePaymentHandler:
        return DrivePaymentHandler(self.store, self.billers, self.provider, PACE, lambda: self.at, lambda: "evt")


@pytest.fixture
def town() -> Town:
    return Town()


def mobile_bill(paise: int) -> Bill:
    """A bill with ₹5 of service charge, which the payer bears."""
    return a_bill(biller_id="BSNL", customer_params={"mobile_number": "9876501234"}, amount_paise=paise)
