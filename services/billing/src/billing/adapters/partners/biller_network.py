"""The biller network over HTTP.

`POST /bill-fetches`, `POST /bill-validations`, `GET /plans`, `POST /payments`, `GET /payments/{request_id}`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

from billing.adapters.partners import foreign
from billing.adapters.partners.asking import ask, refusal
from billing.adapters.partners.json_http import JsonClient, NoAnswer, NotSent, Reply
from billing.application.bills.errors import (
    BillerTimeout,
    BillerUnavailable,
    BillRequestRefused,
    CustomerNotKnown,
    of_field,
)
from billing.application.bills.ports import FetchedBill, FetchedBills, LeftOut, LeftOutReason, Plan
from billing.application.payments.ports import BillerPayments
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.form import Form
from billing.domain.payments.payment import Payment
from billing.domain.tariff.billers import Biller, Exactness
from servicekit.instants import rfc3339

# A biller that lists more bills than this for one customer is not to be believed.
MOST_BILLS = 100
MOST_PLANS = 500
# Billers are asked to be tried again after this long when they are down: an outage outlasts a hurried retry.
RETRY_AFTER_SECONDS = 30
# What is stored and shown of a biller's words. Longer than any real one; a receipt and an index hold them.
_LONGEST_REFERENCE = 64
_LONGEST_BILL_TEXT = 80
_LONGEST_STATUS = 40
_LONGEST_DESCRIPTION = 200
_LONGEST_VALIDITY_DAYS = 3650
_BILLER_DOWN = "biller-down"
T = TypeVar("T")
_OUTCOMES = {"SUCCESS": Outcome.SUCCESS, "PENDING": Outcome.PENDING, "FAILED": Outcome.REFUSED}


class HttpBillerNetwork:
    """Implements application.bills.ports.BillerNetwork and application.payments.ports.BillerPayments."""

    def __init__(self, client: JsonClient, callback_url: str) -> None:
        """`callback_url` is given to billers with each payment; empty: they are not asked to call back."""
        self._client = client
        self._callback_url = callback_url

    def fetch(self, biller: Biller, customer_params: Mapping[str, str]) -> FetchedBills:
        body = {"biller_id": biller.biller_id, "customer_params": dict(customer_params)}
        return self._ask(biller, "bill_request", _bills, "POST", "/bill-fetches", body)

    def validate(self, biller: Biller, customer_params: Mapping[str, str], paise: int) -> str:
        body = {
            "biller_id": biller.biller_id,
            "customer_params": dict(customer_params),
            "amount_paise": paise,
        }
        return self._ask(biller, "bill_request", _validated, "POST", "/bill-validations", body)

    def plans(self, biller: Biller, circle: str) -> tuple[Plan, ...]:
        path = f"/plans?{urlencode({'biller_id': biller.biller_id, 'circle': circle})}"
        return self._ask(biller, "biller_plan_fetch", _plans, "GET", path)

    def _ask(
        self,
        biller: Biller,
        step: str,
        read: Callable[[dict[str, Any]], T],
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
    ) -> T:
        """What `read` makes of an answer by which nothing is paid. Raises problems of bills, in the field's shape."""
        name = biller.biller_id
        try:
            reply = self._client.call(method, path, body)
            if reply.status == 404 and reply.error == "unknown-customer":
                told = of_field("customer", step, reply.error)
                raise CustomerNotKnown(f"{name} has no customer with these parameters.", biller_id=name, **told)
            if reply.status == 422 and reply.error:
                told = of_field("biller", step, foreign.slug(reply.error))
                raise BillRequestRefused(f"{name} would not take such a payment.", biller_id=name, **told)
            if reply.status != 200:
                raise foreign.Unusable(f"status {reply.status}")
            return read(reply.document)
        except (NotSent, NoAnswer) as error:
            if error.out_of_time:
                told = of_field("gateway", step, "timed-out")
                raise BillerTimeout(f"{name} did not answer in time.", biller_id=name, **told) from error
            raise _unavailable(name, of_field("gateway", step, "not-reached")) from error
        except foreign.Unusable as error:
            raise _unavailable(name, of_field("biller", step, "not-usable")) from error

    def pay(self, payment: Payment) -> Answer:
        body: dict[str, Any] = {
            "request_id": payment.post_request_id,
            "biller_id": payment.biller_id,
            "bill_ref": payment.bill_ref,
            "customer_params": dict(payment.customer_params),
            "amount_paise": payment.bill_paise,
            # Money tendered in a window, or by the due day, counts, however late the biller hears of it. Always told,
            # and as it is stored: what is sent again under the same id must be the same.
            "tendered_at": rfc3339(payment.created_at),
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
    # The network says in form that it could not pass the payment on, as it says in form that it did not accept one.
    if reply.status == 503 and reply.error == _BILLER_DOWN:
        return Answer(Outcome.NOT_SENT, down=True)
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
    reference = foreign.required_text(document.get("biller_reference"), _LONGEST_REFERENCE)
    form = document.get("form")
    # What is said of the form never puts a success in doubt.
    return Answer(outcome, reference=reference, form=Form(form) if form in list(Form) else None)


def _unavailable(name: str, told: Mapping[str, Any]) -> BillerUnavailable:
    return BillerUnavailable(
        f"{name} is down, or gave an answer that cannot be used. Try again later.",
        retry_after_seconds=RETRY_AFTER_SECONDS,
        biller_id=name,
        **told,
    )


def _validated(document: dict[str, Any]) -> str:
    return foreign.required_text(document.get("bill_ref"), _LONGEST_BILL_TEXT)


def _plans(document: dict[str, Any]) -> tuple[Plan, ...]:
    """The plans that can be read; one odd plan is left out."""
    listed = document.get("plans")
    if not isinstance(listed, list) or len(listed) > MOST_PLANS:
        raise foreign.Unusable("not a list of plans")
    plans = []
    for told in listed:
        try:
            if isinstance(told, dict) and (paise := foreign.paise(told.get("amount_paise"))):
                plans.append(
                    Plan(
                        plan_id=foreign.identifier(told.get("plan_id")),
                        amount_paise=paise,
                        description=foreign.required_text(told.get("description"), _LONGEST_DESCRIPTION),
                        validity_days=foreign.count_or_none(told.get("validity_days"), _LONGEST_VALIDITY_DAYS),
                        sandbox=told.get("sandbox") is True,
                    )
                )
        except foreign.Unusable:
            continue
    return tuple(plans)


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
        after_due_paise=foreign.paise_or_none(told.get("after_due_paise")),
    )


def _exactness(value: object) -> Exactness:
    try:
        return Exactness(foreign.required_text(value, _LONGEST_STATUS))
    except ValueError as error:
        raise foreign.Unusable("not an amount option") from error
