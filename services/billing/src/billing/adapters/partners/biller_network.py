"""The biller network over HTTP: `POST /bill-fetches`, `POST /payments`, `GET /payments/{request_id}`."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from billing.adapters.partners import foreign
from billing.adapters.partners.asking import ask, refusal
from billing.adapters.partners.json_http import JsonClient, NoAnswer, NotSent, Reply
from billing.application.bills.errors import BillerTimeout, BillerUnavailable, CustomerNotKnown
from billing.application.bills.ports import FetchedBill, FetchedBills, LeftOut, LeftOutReason
from billing.application.payments.ports import BillerPayments
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.payment import Payment
from billing.domain.tariff.billers import Biller, Exactness

# A biller that lists more bills than this for one customer is not to be believed.
MOST_BILLS = 100
# Billers are asked to be tried again after this long when they are down: an outage outlasts a hurried retry.
RETRY_AFTER_SECONDS = 30
# What is stored and shown of a biller's words. Longer than any real one; a receipt and an index hold them.
_LONGEST_REFERENCE = 64
_LONGEST_BILL_TEXT = 80
_LONGEST_STATUS = 40
_OUTCOMES = {"SUCCESS": Outcome.SUCCESS, "PENDING": Outcome.PENDING, "FAILED": Outcome.REFUSED}


class HttpBillerNetwork:
    """Implements application.bills.ports.BillerNetwork and application.payments.ports.BillerPayments."""

    def __init__(self, client: JsonClient, callback_url: str) -> None:
        """`callback_url` is given to billers with each payment; empty: they are not asked to call back."""
        self._client = client
        self._callback_url = callback_url

    def fetch(self, biller: Biller, customer_params: Mapping[str, str]) -> FetchedBills:
        body = {"biller_id": biller.biller_id, "customer_params": dict(customer_params)}
        name = biller.biller_id
        try:
            reply = self._client.call("POST", "/bill-fetches", body)
            if reply.status == 404 and reply.error == "unknown-customer":
                raise CustomerNotKnown(f"{name} has no customer with these parameters.", biller_id=name)
            if reply.status != 200:
                raise foreign.Unusable(f"status {reply.status}")
            return _bills(reply.document)
        except (NotSent, NoAnswer) as error:
            if error.out_of_time:
                raise BillerTimeout(f"{name} did not answer in time.", biller_id=name) from error
            raise _unavailable(name) from error
        except foreign.Unusable as error:
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
    outcome = _OUTCOMES.get(foreign.required_text(document.get("status"), _LONGEST_STATUS))
    if reply.status != 200 or document.get("request_id") != request_id or outcome is None:
        return Answer(Outcome.UNKNOWN)
    if outcome is not Outcome.SUCCESS:
        return Answer(outcome, reason=foreign.slug(document.get("reason")))
    return Answer(outcome, reference=foreign.required_text(document.get("biller_reference"), _LONGEST_REFERENCE))


def _unavailable(name: str) -> BillerUnavailable:
    return BillerUnavailable(
        f"{name} is down, or gave an answer that cannot be used. Try again later.",
        retry_after_seconds=RETRY_AFTER_SECONDS,
        biller_id=name,
    )


def _bills(document: dict[str, Any]) -> FetchedBills:
    """What is payable of what the biller lists, and what is left out. Raises Unusable where nothing can be said."""
    listed = document.get("bills")
    if not isinstance(listed, list) or len(listed) > MOST_BILLS:
        raise foreign.Unusable("not a list of bills")
    bills: list[FetchedBill] = []
    left_out: list[LeftOut] = []
    for told in listed:
        try:
            bill = _bill(told)
        except foreign.Unusable:
            left_out.append(LeftOut(LeftOutReason.NOT_READABLE))
            continue
        if bill.amount_paise:
            bills.append(bill)
        else:
            left_out.append(LeftOut(LeftOutReason.NOTHING_TO_PAY, bill.bill_period, bill.due_on))
    if not bills and any(one.reason is LeftOutReason.NOT_READABLE for one in left_out):
        # "Nothing due" would be a guess.
        raise foreign.Unusable("no bill can be read")
    return FetchedBills(tuple(bills), tuple(left_out))


def _bill(told: object) -> FetchedBill:
    if not isinstance(told, dict):
        raise foreign.Unusable("not an object")
    return FetchedBill(
        bill_ref=foreign.required_text(told.get("bill_ref"), _LONGEST_BILL_TEXT),
        amount_paise=foreign.paise(told.get("amount_paise")),
        due_on=foreign.day_or_none(told.get("due_on")),
        bill_period=foreign.text(told.get("bill_period"), _LONGEST_BILL_TEXT),
        exactness=_exactness(told.get("exactness")),
        minimum_paise=foreign.paise_or_none(told.get("minimum_paise")),
        multiple_paise=foreign.paise_or_none(told.get("multiple_paise")),
    )


def _exactness(value: object) -> Exactness:
    try:
        return Exactness(foreign.required_text(value, _LONGEST_STATUS))
    except ValueError as error:
        raise foreign.Unusable("not an amount option") from error
