"""What is known after each kind of answer, or none, from the biller network and the payment service provider."""

import time
from typing import Any

import pytest
from tests.support.builders import a_payment
from tests.support.raw_server import answering, closed_port, http
from tests.support.reference import BILLERS

from billing.adapters.partners.biller_network import HttpBillerNetwork
from billing.adapters.partners.json_http import MAX_RESPONSE_BYTES, JsonClient
from billing.adapters.partners.payment_provider import HttpPaymentProvider
from billing.application.bills.errors import BillerTimeout, BillerUnavailable, CustomerNotKnown
from billing.application.bills.ports import FetchedBills
from billing.domain.payments.answers import Outcome
from servicekit.deadlines import deadline
from servicekit.errors import ServiceError

PAYMENT = a_payment("pay_1")
CARD = a_payment("pay_1", mode="CARD", authorisation_id="aut_1")
TAKEN = {"request_id": "pay_1:post", "status": "SUCCESS", "biller_reference": "REF1"}
AUTHORISED = {
    "request_id": "pay_1:auth",
    "authorisation_id": "aut_1",
    "amount_paise": 152_500,
    "status": "AUTHORISED",
}
JVVNL = BILLERS["JVVNL"]


def network(url: str, callback_url: str = "") -> HttpBillerNetwork:
    return HttpBillerNetwork(JsonClient(url, timeout_seconds=0.5, connections=1), callback_url)


def provider(url: str) -> HttpPaymentProvider:
    return HttpPaymentProvider(JsonClient(url, timeout_seconds=0.5, connections=1))


@pytest.mark.parametrize(
    ("raw", "paid", "inquired"),
    [
        (http(200, TAKEN), Outcome.SUCCESS, Outcome.SUCCESS),
        (http(200, {**TAKEN, "status": "PENDING"}), Outcome.PENDING, Outcome.PENDING),
        (http(200, {**TAKEN, "status": "FAILED", "reason": "closed"}), Outcome.REFUSED, Outcome.REFUSED),
        (http(422, {"error": "amount-not-accepted"}), Outcome.REFUSED, Outcome.UNKNOWN),
        (http(404, {"error": "unknown-request"}), Outcome.REFUSED, Outcome.NEVER_SEEN),
        (http(404, {"message": "no route"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(404, b"<html>not found</html>"), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(409, {"error": "request-id-reused"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(503, {"error": "biller-down"}), Outcome.NOT_SENT, Outcome.UNKNOWN),
        (http(503, {"error": "unavailable"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**TAKEN, "request_id": "pay_2:post"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**TAKEN, "status": "success"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**TAKEN, "biller_reference": ""}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**TAKEN, "biller_reference": 7}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**TAKEN, "biller_reference": "R\ud83d9"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**TAKEN, "biller_reference": "R\x009"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**TAKEN, "biller_reference": "R\u202e9"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**TAKEN, "biller_reference": "  "}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**TAKEN, "biller_reference": "R" * 65}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**TAKEN, "biller_reference": "क्रमांक R/9"}), Outcome.SUCCESS, Outcome.SUCCESS),
        (http(200, {**TAKEN, "status": "SUCC\ud83dESS"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**TAKEN, "status": ["SUCCESS"]}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, b"[]"), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, b'{"request_id": "pay_1:post", "status": "SUCC'), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, b"[" * 100_000), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, b" " * (MAX_RESPONSE_BYTES + 1)), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(302, b"", Location="http://127.0.0.1:1/"), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (b"", Outcome.UNKNOWN, Outcome.UNKNOWN),
        (b"nonsense\r\n\r\n", Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, TAKEN)[:-5], Outcome.UNKNOWN, Outcome.UNKNOWN),
    ],
)
def test_only_an_exact_answer_of_the_biller_is_believed(raw: bytes, paid: Outcome, inquired: Outcome) -> None:
    with answering(raw) as url:
        assert network(url).pay(PAYMENT).outcome is paid
        assert network(url).inquire(PAYMENT).outcome is inquired


@pytest.mark.parametrize(
    ("raw", "authorised", "found"),
    [
        (http(200, AUTHORISED), Outcome.SUCCESS, Outcome.SUCCESS),
        (http(200, {**AUTHORISED, "status": "DECLINED"}), Outcome.REFUSED, Outcome.REFUSED),
        (http(200, {**AUTHORISED, "status": "PENDING"}), Outcome.PENDING, Outcome.PENDING),
        (http(200, {**AUTHORISED, "amount_paise": 1}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**AUTHORISED, "request_id": "pay_2:auth"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**AUTHORISED, "authorisation_id": None}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**AUTHORISED, "authorisation_id": "aut\ud83d1"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**AUTHORISED, "authorisation_id": ".."}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(200, {**AUTHORISED, "authorisation_id": "aut 1/../2"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (http(404, {"error": "unknown-request"}), Outcome.REFUSED, Outcome.NEVER_SEEN),
        (http(400, {"error": "bad-request"}), Outcome.REFUSED, Outcome.UNKNOWN),
        (http(500, {"error": "oops"}), Outcome.UNKNOWN, Outcome.UNKNOWN),
        (b"", Outcome.UNKNOWN, Outcome.UNKNOWN),
    ],
)
def test_only_an_exact_answer_of_the_provider_is_believed(raw: bytes, authorised: Outcome, found: Outcome) -> None:
    with answering(raw) as url:
        assert provider(url).authorise(CARD).outcome is authorised
        assert provider(url).find_authorisation(CARD).outcome is found


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        (http(200, {"request_id": "pay_1:capture", "status": "CAPTURED"}), Outcome.SUCCESS),
        (http(200, {"request_id": "pay_1:capture", "status": "VOIDED"}), Outcome.UNKNOWN),
        (http(200, {"request_id": "pay_2:capture", "status": "CAPTURED"}), Outcome.UNKNOWN),
        (http(409, {"error": "already-voided"}), Outcome.REFUSED),
        (http(409, {"error": "in-progress"}), Outcome.UNKNOWN),
        (http(409, b"conflict"), Outcome.UNKNOWN),
        (http(503, {"error": "unavailable"}), Outcome.UNKNOWN),
    ],
)
def test_a_capture_is_done_only_when_the_provider_says_exactly_so(raw: bytes, outcome: Outcome) -> None:
    with answering(raw) as url:
        assert provider(url).capture(CARD).outcome is outcome


def test_where_nobody_listens_nothing_was_sent() -> None:
    url = closed_port()

    assert [
        network(url).pay(PAYMENT).outcome,
        network(url).inquire(PAYMENT).outcome,
        provider(url).authorise(CARD).outcome,
        provider(url).capture(CARD).outcome,
    ] == [Outcome.NOT_SENT] * 4


def test_without_time_left_nothing_is_sent() -> None:
    with answering(http(200, TAKEN)) as url, deadline(1.05):
        assert network(url).pay(PAYMENT).outcome is Outcome.NOT_SENT


def test_an_answer_that_drips_is_given_up_in_time() -> None:
    with answering(http(200, TAKEN), drip_seconds=0.02) as url:
        began = time.monotonic()
        assert network(url).pay(PAYMENT).outcome is Outcome.UNKNOWN
        assert time.monotonic() - began < 3


def test_a_callers_deadline_shortens_the_wait_and_leaves_a_second_to_record_the_outcome() -> None:
    with answering(b" ", drip_seconds=5) as url, deadline(1.5):
        began = time.monotonic()
        patient = HttpBillerNetwork(JsonClient(url, timeout_seconds=60, connections=1), "")
        assert patient.pay(PAYMENT).outcome is Outcome.UNKNOWN
        assert time.monotonic() - began < 1.2


@pytest.mark.parametrize("reason", ["Ram Kumar, 98765 43210", "x" * 65, None, 7])
def test_a_foreign_reason_that_is_no_slug_is_not_repeated(reason: Any) -> None:
    with answering(http(200, {**TAKEN, "status": "FAILED", "reason": reason})) as url:
        assert network(url).pay(PAYMENT).reason == "unspecified"


LEFT_OUT = object()
BILL = {"bill_ref": "0-ref", "amount_paise": 152_500, "due_on": "2026-12-08", "exactness": "EXACT"}


def fetched(url: str) -> FetchedBills:
    return network(url).fetch(JVVNL, {"k_number": "100000000001"})


def test_bills_are_read_as_told() -> None:
    told = {**BILL, "bill_period": "2026-10", "exactness": "RANGE", "minimum_paise": 10_000, "multiple_paise": 100}
    with answering(http(200, {"bills": [told]})) as url:
        (bill,) = fetched(url).bills

    assert (bill.bill_ref, bill.amount_paise, bill.minimum_paise, bill.multiple_paise) == (
        "0-ref",
        152_500,
        10_000,
        100,
    )
    assert (str(bill.due_on), bill.bill_period, bill.exactness) == ("2026-12-08", "2026-10", "RANGE")


@pytest.mark.parametrize("nothing", [None, "", LEFT_OUT], ids=["null", "empty", "absent"])
def test_what_a_biller_need_not_tell_may_be_absent_null_or_empty(nothing: object) -> None:
    optional = ("due_on", "bill_period", "minimum_paise", "multiple_paise")
    told = {**BILL, **dict.fromkeys(optional, nothing)}
    told = {name: value for name, value in told.items() if value is not LEFT_OUT}
    with answering(http(200, {"bills": [told]})) as url:
        (bill,) = fetched(url).bills

    assert [getattr(bill, name) for name in optional] == [None] * 4


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({**BILL, "amount_paise": 0, "bill_period": "2026-10"}, "nothing-to-pay"),
        ({**BILL, "amount_paise": -1}, "not-readable"),
        ({**BILL, "amount_paise": None}, "not-readable"),
        ({**BILL, "bill_ref": "R\ud83d9"}, "not-readable"),
        ({**BILL, "bill_ref": ""}, "not-readable"),
        ({**BILL, "bill_period": "\x00"}, "not-readable"),
        ({**BILL, "due_on": "soon"}, "not-readable"),
        ({**BILL, "exactness": ["EXACT"]}, "not-readable"),
        (7, "not-readable"),
    ],
)
def test_one_odd_bill_leaves_the_others_payable(odd: Any, reason: str) -> None:
    with answering(http(200, {"bills": [odd, BILL]})) as url:
        told = fetched(url)

    assert [bill.bill_ref for bill in told.bills] == ["0-ref"]
    assert [one.reason for one in told.left_out] == [reason]


def test_bills_with_nothing_to_pay_are_nothing_due() -> None:
    with answering(http(200, {"bills": [{**BILL, "amount_paise": 0}]})) as url:
        told = fetched(url)

    assert not told.bills
    assert [(one.reason, str(one.due_on)) for one in told.left_out] == [("nothing-to-pay", "2026-12-08")]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (http(404, {"error": "unknown-customer"}), CustomerNotKnown),
        (http(404, {"error": "unknown-biller"}), BillerUnavailable),
        (http(503, {"error": "biller-down"}), BillerUnavailable),
        (http(200, b"{"), BillerUnavailable),
        (http(200, {"bills": None}), BillerUnavailable),
        (http(200, {"bills": [7]}), BillerUnavailable),
        (http(200, {"bills": [{**BILL, "amount_paise": 1525.0}]}), BillerUnavailable),
        (http(200, {"bills": [{**BILL, "amount_paise": -1}]}), BillerUnavailable),
        (http(200, {"bills": [{**BILL, "amount_paise": True}]}), BillerUnavailable),
        (http(200, {"bills": [{**BILL, "exactness": "ROUGHLY"}]}), BillerUnavailable),
        (http(200, {"bills": [{**BILL, "due_on": "soon"}]}), BillerUnavailable),
        (http(200, {"bills": [BILL] * 101}), BillerUnavailable),
    ],
)
def test_bills_that_cannot_be_believed_are_not_shown(raw: bytes, problem: type[ServiceError]) -> None:
    with answering(raw) as url, pytest.raises(problem) as told:
        network(url).fetch(JVVNL, {"k_number": "100000000001"})
    assert told.value.members["biller_id"] == "JVVNL"
    assert (told.value.members["step"], len(told.value.members)) == ("bill_request", 4)


def test_a_biller_that_does_not_answer_a_fetch_is_a_timeout() -> None:
    with answering(b" ", drip_seconds=5) as url, pytest.raises(BillerTimeout):
        network(url).fetch(JVVNL, {"k_number": "100000000001"})
