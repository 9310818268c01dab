"""What a receipt in somebody's hands is good for: printing, checking, reporting; and the proof of a tender."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.support.builders import KIOSK, NOW, a_claim, a_payment
from tests.support.fakes import FakePayments
from tests.support.reference import BILLERS

from billing.application.payments.errors import NoReceiptYet, PaymentNotFound
from billing.application.payments.read_payments import PaymentReader
from billing.application.receipts.check_receipt import ReceiptChecker
from billing.application.receipts.errors import NotOvercharged, ReceiptNotFound
from billing.application.receipts.ports import OverchargeReport
from billing.application.receipts.print_receipt import PrintReceipt, PrintReceiptHandler
from billing.application.receipts.report_overcharge import ReportOvercharge, ReportOverchargeHandler
from billing.application.tenders.errors import NotTendered
from billing.application.tenders.prove_tender import TenderProof, TenderProver
from billing.domain.payer import Payer
from billing.domain.payments.payment import Failure, Payment, State
from billing.domain.receipts.copies import Copy
from billing.domain.tenders.proof import in_time, is_tendered, statement_of
from servicekit.errors import FieldProblem
from servicekit.idempotency import Claim, Once

TOKEN, NUMBER = "EMX9425XH0728F7", "EM-2627-X9425XH0728F7"
PAYER = Payer("cli_1", KIOSK)
PAID = replace(a_payment(), transaction_token=TOKEN).posted(NOW, "ref", resume_at=NOW)
WAITING = a_payment("pay_2")


def stored(*payments: Payment) -> FakePayments:
    return FakePayments(payments={payment.payment_id: payment for payment in (payments or (PAID, WAITING))})


def checker(*payments: Payment) -> ReceiptChecker:
    return ReceiptChecker(stored(*payments), BILLERS)


def test_a_receipt_is_ours_if_number_and_ending_are_those_of_one_payment() -> None:
    assert PAID.receipt is not None
    assert PAID.receipt.number == NUMBER

    assert checker().find(NUMBER, "0001") == PAID
    named = replace(PAID, customer_params={"k_number": "rj 12ab"})
    assert checker(named).find(NUMBER, "12ab") == named


@pytest.mark.parametrize(
    ("number", "ending"),
    [(NUMBER, "0002"), (NUMBER, ""), ("EM-2526-X9425XH0728F7", "0001"), ("EM-2627-AAAAAAAAAAAAA", "0001"), ("", "")],
)
def test_whichever_of_the_two_is_wrong_there_is_no_receipt(number: str, ending: str) -> None:
    assert checker().find(number, ending) is None


def test_a_payment_without_a_receipt_is_not_found_by_what_would_be_its_number() -> None:
    waiting = replace(WAITING, transaction_token=TOKEN)

    assert checker(waiting).find(NUMBER, "0001") is None
    assert checker(waiting).find(TOKEN, "0001") is None


@pytest.mark.parametrize(
    ("biller_id", "params", "ending"),
    [
        ("JVVNL", {"aaa": "9999", "k_number": "100000000001"}, "0001"),  # what the biller asks for first
        ("JVVNL", {"other": "12345678"}, "5678"),  # an older form of its parameters
        ("WITHDRAWN", {"first": "11112222", "second": "33334444"}, "2222"),
        ("JVVNL", {}, ""),
    ],
)
def test_the_account_that_a_receipt_shows_is_the_billers_first_parameter(
    biller_id: str, params: Mapping[str, str], ending: str
) -> None:
    assert checker().ending_of(replace(PAID, biller_id=biller_id, customer_params=params)) == ending


@dataclass
class KeptCopies:
    """application.receipts.ports.Copies that remember what they were given."""

    asked: list[object] = field(default_factory=list)

    def add(self, claim: Claim, copy_id: str, payment: Payment, printed_at: Any) -> Once[Copy]:
        self.asked.append((claim, copy_id, payment, printed_at))
        return Once(Copy(copy_id, payment.payment_id, 1, printed_at, None, None), replayed=False)

    def get(self, copy_id: str) -> Copy | None:
        raise AssertionError(f"nobody asks for {copy_id}")


def a_print(payment_id: str = "pay_1", payer: Payer = PAYER) -> PrintReceipt:
    return PrintReceipt("rcp_1", payment_id, payer, CLAIM, NOW)


CLAIM = a_claim("key_1")


def test_each_print_of_a_receipt_is_counted_under_its_claim() -> None:
    copies = KeptCopies()

    payment, once = PrintReceiptHandler(PaymentReader(stored()), copies)(a_print())

    assert payment == PAID
    assert once == Once(Copy("rcp_1", "pay_1", 1, NOW, None, None), replayed=False)
    assert copies.asked == [(CLAIM, "rcp_1", PAID, NOW)]


def test_there_is_nothing_to_print_before_the_payment_is_complete_or_for_another_payer() -> None:
    copies = KeptCopies()
    print_receipt = PrintReceiptHandler(PaymentReader(stored()), copies)

    with pytest.raises(NoReceiptYet, match=r"^The payment is not completed\.$"):
        print_receipt(a_print("pay_2"))
    with pytest.raises(PaymentNotFound):
        print_receipt(a_print(payer=Payer("cli_2", None)))

    assert copies.asked == []


class Killed(BaseException):
    """SIGKILL: nothing on the way catches it."""


def test_whoever_dies_after_a_print_was_counted_has_it_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(pid: int, signal: int) -> None:
        raise Killed(pid, signal)

    copies = KeptCopies()
    monkeypatch.setattr("os.kill", kill)
    monkeypatch.setenv("CRASH_POINT", "B2")

    with pytest.raises(Killed):
        PrintReceiptHandler(PaymentReader(stored()), copies)(a_print())

    assert len(copies.asked) == 1


@dataclass
class KeptReports:
    """application.receipts.ports.OverchargeReports: the first of an amount is named for each repeat."""

    kept: dict[tuple[str, int], OverchargeReport] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)

    def add(self, report: OverchargeReport, event_id: str) -> str:
        self.events.append(event_id)
        return self.kept.setdefault((report.payment.payment_id, report.paid_paise), report).report_id


def reported(reports: KeptReports, *payments: Payment, **changes: Any) -> OverchargeReport:
    """A citizen says to have paid ₹1,530.00."""
    command = ReportOvercharge("ovc_1", NUMBER, "0001", 153_000, "req_1", NOW)
    return ReportOverchargeHandler(checker(*payments), reports, lambda: "evt_1")(replace(command, **changes))


def test_what_a_citizen_paid_beyond_the_receipt_is_reported_with_an_event() -> None:
    reports = KeptReports()

    report = reported(reports)

    assert report == OverchargeReport("ovc_1", PAID, 153_000, 152_500, NOW, "req_1")
    assert (reports.kept, reports.events) == ({("pay_1", 153_000): report}, ["evt_1"])


def test_the_same_report_again_is_the_first_one() -> None:
    reports = KeptReports()
    first = reported(reports)

    assert reported(reports, report_id="ovc_2") == first


def test_a_receipt_that_is_not_ours_is_not_reported() -> None:
    with pytest.raises(ReceiptNotFound, match="No receipt has this number and an account that ends like this"):
        reported(KeptReports(), ending="0002")


@pytest.mark.parametrize("paid", [152_500, 1])
def test_what_is_no_more_than_the_receipt_says_is_no_overcharge(paid: int) -> None:
    reports = KeptReports()

    with pytest.raises(NotOvercharged) as refused:
        reported(reports, paid_paise=paid)

    told = "The receipt says ₹1,525.00, legal fee included."
    problem = FieldProblem("/paid/amount", "not-overcharged", told, "रसीद में वैध शुल्क सहित ₹1,525.00 है।")
    assert (refused.value.errors, refused.value.detail, reports.kept) == ((problem,), told, {})
    assert reported(reports, paid_paise=152_501).paid_paise == 152_501


def test_what_no_centre_took_no_centre_overcharged() -> None:
    with pytest.raises(NotOvercharged) as refused:
        reported(KeptReports(), replace(PAID, kiosk_id=None))

    told = "No centre took this money."
    assert refused.value.errors == (
        FieldProblem("/paid/amount", "not-overcharged", told, "यह राशि किसी केंद्र ने नहीं ली।"),
    )


HELD = a_payment("pay_3", mode="CARD", kiosk_id=KIOSK).move(NOW, State.AUTHORISED)
REFUSED = Failure("biller-refused", "no", money_returned=True)


@pytest.mark.parametrize(
    ("payment", "tendered"),
    [
        (PAID, True),
        (WAITING, True),  # a wallet's hold is the authorisation
        (a_payment(mode="CARD"), False),  # the payer's bank is only being asked
        (HELD, True),
        # Refused, though the card's money is not let go yet: a proof then would say what is not so.
        (HELD.move(NOW, State.POST_REQUESTED).refused(NOW, REFUSED, resume_at=NOW), False),
        (a_payment().refused(NOW, REFUSED, resume_at=NOW), False),
    ],
)
def test_money_is_tendered_once_it_is_set_aside_for_the_biller_and_nobody_refused_it(
    payment: Payment, tendered: bool
) -> None:
    assert is_tendered(payment) is tendered


def test_what_went_back_because_the_biller_was_never_reached_was_tendered_all_the_same() -> None:
    never_reached = replace(REFUSED, code="expired")

    assert is_tendered(a_payment().refused(NOW, never_reached, resume_at=NOW))


@pytest.mark.parametrize(
    ("due_on", "timely"),
    [(None, None), (date(2026, 11, 22), False), (date(2026, 11, 23), True), (date(2026, 11, 24), True)],
)
def test_money_tendered_on_the_due_day_in_india_is_in_time(due_on: date | None, timely: bool | None) -> None:
    just_before_midnight = NOW.replace(hour=18, minute=29)

    assert in_time(a_payment(at=just_before_midnight, due_on=due_on)) is timely
    assert in_time(a_payment(at=NOW.replace(hour=18, minute=30), due_on=date(2026, 11, 23))) is False


PROVEN = {
    "form": 1,
    "payment_id": "pay_1",
    "transaction_token": TOKEN,
    "kiosk_id": KIOSK,
    "biller_id": "JVVNL",
    "account_ends_with": "0001",
    "bill_paise": 152_500,
    "tendered_at": "2026-11-23T06:00:00.000Z",
    "due_on": None,
    "in_time": None,
    "fee_window": None,
    "biller_down_at": None,
    "biller_reference": "ref",
    "state": "COMPLETED",
    "signed_at": "2026-11-23T07:00:00.000Z",
}


def test_a_proof_says_who_paid_what_for_whom_when_and_by_when_it_was_due() -> None:
    queued = replace(PAID, due_on=date(2026, 11, 23), fee_window="late", queued_at=NOW + timedelta(minutes=1))

    assert statement_of(PAID, "0001", NOW + timedelta(hours=1)) == PROVEN
    assert statement_of(queued, "0001", NOW + timedelta(hours=1)) == PROVEN | {
        "due_on": "2026-11-23",
        "in_time": True,
        "fee_window": "late",
        "biller_down_at": "2026-11-23T06:01:00.000Z",
    }


class PlainSeal:
    """application.timeline.ports.Seal that signs by repeating."""

    def sign(self, kind: str, content: Mapping[str, Any]) -> str:
        return f"{kind}:{content['payment_id']}:{content['account_ends_with']}:{content['signed_at']}"

    def public_keys(self) -> Mapping[str, Any]:
        return {}


def test_the_payer_gets_the_proof_of_a_tender_and_nobody_else_does() -> None:
    by_card = a_payment("pay_4", mode="CARD", client_id="cli_1", kiosk_id=KIOSK)
    payments = stored(PAID, by_card)
    prover = TenderProver(PaymentReader(payments), ReceiptChecker(payments, BILLERS), PlainSeal())

    proof = prover.of("pay_1", PAYER, NOW + timedelta(hours=1))

    assert proof == TenderProof(PAID, "0001", "tender:pay_1:0001:2026-11-23T07:00:00.000Z")
    with pytest.raises(PaymentNotFound):
        prover.of("pay_1", Payer("cli_2", None), NOW)
    with pytest.raises(NotTendered) as nothing:
        prover.of("pay_4", PAYER, NOW)
    assert nothing.value.detail == "No money is set aside for the biller by this payment."
    assert nothing.value.members == {"payment_status": "AUTH_REQUESTED"}
