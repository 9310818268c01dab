"""The biller network over HTTP: `POST /bill-fetches`, `POST /payments`, `GET /payments/{request_id}`."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from billing.adapters.partners.asking import ask, refusal, slug_of
from billing.adapters.partners.json_http import JsonClient, NoAnswer, NotSent, Reply
from billing.application.bills.errors import BillerTimeout, BillerUnavailable, CustomerNotKnown
from billing.application.bills.ports import FetchedBill
from billing.application.payments.ports import BillerPayments
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.payment import Payment
from billing.domain.tariff.billers import Biller, Exactness

# A biller that lists more bills than this for one customer is not to be believed.
MOST_BILLS = 100
# Billers are asked to be tried again after this long when they are down: an outage outlasts a hurried retry.
RETRY_AFTER_SECONDS = 30
_OUTCOMES = {"SUCCESS": Outcome.SUCCESS, "PENDING": Outcome.PENDING, "FAILED": Outcome.REFUSED}


class Garbled(Exception):
    """The answer is JSON, but not what was agreed."""


class HttpBillerNetwork:
    """Implements application.bills.ports.BillerNetwork and application.payments.ports.BillerPayments."""

    def __init__(self, client: JsonClient, callback_url: str) -> None:
        """`callback_url` is given to billers with each payment; empty: they are not asked to call back."""
        self._client = client
        self._callback_url = callback_url

    def fetch(self, biller: Biller, customer_params: Mapping[str, str]) -> list[FetchedBill]:
        body = {"biller_id": biller.biller_id, "customer_params": dict(customer_params)}
        name = biller.biller_id
        try:
            reply = self._client.call("POST", "/bill-fetches", body)
            if reply.status == 404 and reply.error == "unknown-customer":
                raise CustomerNotKnown(f"{name} has no customer with these parameters.", biller_id=name)
            if reply.status != 200:
                raise Garbled(f"status {reply.status}")
            return _bills(reply.document)
        except (NotSent, NoAnswer) as error:
            if error.out_of_time:
                raise BillerTimeout(f"{name} did not answer in time.", biller_id=name) from error
            raise _unavailable(name) from error
        except Garbled as error:
            raise _unavailable(name) from error

    def pay(self, payment: Payment) -> Answer:
        body: dict[str, Any] = {
            "request_id": payment.post_request_id,
            "biller_id": payment.biller_id,
            "bill_ref": payment.bill_ref,
            "customer_params": dict(payment.customer_params),
            "amount_paise": payment.bill_paise,
        }
        if self._callback_url:
            body["callback_url"] = self._callback_url
        return ask(self._client, partial(_taken, payment), "POST", "/payments", body)

    def inquire(self, payment: Payment) -> Answer:
        return ask(self._client, partial(_known, payment), "GET", f"/payments/{payment.post_request_id}")


class OwnFees:
    """The internal biller of application fees: what is paid here is ours already, so paying always succeeds.

    Everything else goes to the network outside. Implements application.payments.ports.BillerPayments.
    """

    def __init__(self, internal: frozenset[str], outside: BillerPayments) -> None:
        self._internal = internal
        self._outside = outside

    def pay(self, payment: Payment) -> Answer:
        if payment.biller_id in self._internal:
            return Answer(Outcome.SUCCESS, reference=payment.bill_ref)
        return self._outside.pay(payment)

    def inquire(self, payment: Payment) -> Answer:
        # Nobody outside could have seen it; what was not recorded as posted was not posted.
        if payment.biller_id in self._internal:
            return Answer(Outcome.NEVER_SEEN)
        return self._outside.inquire(payment)


def _taken(payment: Payment, reply: Reply) -> Answer:
    return refusal(reply) or _outcome(reply, payment.post_request_id)


def _known(payment: Payment, reply: Reply) -> Answer:
    # Any proxy can say 404; only the biller says that it does not know this request.
    if reply.status == 404 and reply.error == "unknown-request":
        return Answer(Outcome.NEVER_SEEN)
    return _outcome(reply, payment.post_request_id)


def _outcome(reply: Reply, request_id: str) -> Answer:
    document = reply.document
    outcome = _OUTCOMES.get(str(document.get("status")))
    if reply.status != 200 or document.get("request_id") != request_id or outcome is None:
        return Answer(Outcome.UNKNOWN)
    reference = document.get("biller_reference")
    if outcome is Outcome.SUCCESS and not (isinstance(reference, str) and 0 < len(reference) <= 64):
        return Answer(Outcome.UNKNOWN)
    return Answer(outcome, reference=str(reference or ""), reason=slug_of(document.get("reason")))


def _unavailable(name: str) -> BillerUnavailable:
    return BillerUnavailable(
        f"{name} is down, or gave an answer that cannot be used. Try again later.",
        retry_after_seconds=RETRY_AFTER_SECONDS,
        biller_id=name,
    )


def _bills(document: dict[str, Any]) -> list[FetchedBill]:
    bills = document.get("bills")
    if not isinstance(bills, list) or len(bills) > MOST_BILLS:
        raise Garbled("bills")
    try:
        return [_bill(bill) for bill in bills]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Garbled(type(error).__name__) from error


def _bill(told: dict[str, Any]) -> FetchedBill:
    due_on, period = told.get("due_on"), told.get("bill_period")
    return FetchedBill(
        bill_ref=_text(told["bill_ref"]),
        amount_paise=_paise(told["amount_paise"]),
        due_on=date.fromisoformat(due_on) if due_on is not None else None,
        bill_period=_text(period) if period is not None else None,
        exactness=Exactness(told["exactness"]),
        minimum_paise=_paise(told["minimum_paise"]) if "minimum_paise" in told else None,
        multiple_paise=_paise(told["multiple_paise"]) if "multiple_paise" in told else None,
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 80:
        raise ValueError("not a short text")
    return value


def _paise(value: object) -> int:
    if type(value) is not int or not 0 < value < 2**53:
        raise ValueError("not an amount in paise")
    return value
