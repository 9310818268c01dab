"""The payment service provider over HTTP: authorisations, their inquiry, capture and void; refunds; charges."""

from functools import partial
from urllib.parse import quote

from billing.adapters.partners import foreign
from billing.adapters.partners.asking import ask, refusal
from billing.adapters.partners.json_http import JsonClient, Reply
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.payment import Payment
from billing.domain.refunds.refund import Refund
from billing.domain.top_ups.top_up import TopUp

_LONGEST_STATUS = 40
_AUTHORISATIONS = {
    "AUTHORISED": Outcome.SUCCESS,
    "PENDING": Outcome.PENDING,
    "DECLINED": Outcome.REFUSED,
}
# 409 with one of these is final: it ended the other way, or there is nothing to end. Any other 409 (the provider is
# still at work on a twin of this request, say) tells nothing of how it will end.
_NOT_ENDED = frozenset({"already-captured", "already-voided", "not-authorised"})
_REFUNDS = {"REFUNDED": Outcome.SUCCESS, "PENDING": Outcome.PENDING, "REFUSED": Outcome.REFUSED}
# As above, of a refund: nothing was made of the request, and nothing ever will be.
_NOT_REFUNDED = frozenset({"not-captured", "refund-too-high"})
_CHARGES = {"CHARGED": Outcome.SUCCESS, "PENDING": Outcome.PENDING, "DECLINED": Outcome.REFUSED}


class HttpPaymentProvider:
    """Implements the providers of application.payments, application.refunds and application.top_ups."""

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    def authorise(self, payment: Payment) -> Answer:
        body = {
            "request_id": payment.authorisation_request_id,
            "amount_paise": payment.total_paise,
            "mode": payment.mode,
            "instrument": payment.instrument,
        }
        return ask(self._client, partial(_taken, payment), "POST", "/authorisations", body)

    def find_authorisation(self, payment: Payment) -> Answer:
        request_id = quote(payment.authorisation_request_id, safe="")
        return ask(self._client, partial(_known, payment), "GET", f"/authorisations?request_id={request_id}")

    def capture(self, payment: Payment) -> Answer:
        return self._end(payment, "captures", f"{payment.payment_id}:capture", "CAPTURED")

    def void(self, payment: Payment) -> Answer:
        return self._end(payment, "voids", f"{payment.payment_id}:void", "VOIDED")

    def refund(self, refund: Refund) -> Answer:
        path = f"/authorisations/{quote(refund.authorisation_id or '', safe='')}/refunds"
        body = {"request_id": refund.provider_request_id, "amount_paise": refund.paise}
        return ask(self._client, partial(_refund_taken, refund), "POST", path, body)

    def find_refund(self, refund: Refund) -> Answer:
        request_id = quote(refund.provider_request_id, safe="")
        return ask(self._client, partial(_refund_known, refund), "GET", f"/refunds?request_id={request_id}")

    def charge(self, top_up: TopUp) -> Answer:
        body = {
            "request_id": top_up.provider_request_id,
            "amount_paise": top_up.paise,
            "mode": top_up.mode,
            "instrument": top_up.instrument,
        }
        return ask(self._client, partial(_charge_taken, top_up), "POST", "/charges", body)

    def find_charge(self, top_up: TopUp) -> Answer:
        request_id = quote(top_up.provider_request_id, safe="")
        return ask(self._client, partial(_charge_known, top_up), "GET", f"/charges?request_id={request_id}")

    def _end(self, payment: Payment, ending: str, request_id: str, done: str) -> Answer:
        path = f"/authorisations/{quote(payment.authorisation_id or '', safe='')}/{ending}"
        return ask(self._client, partial(_ended, request_id, done), "POST", path, {"request_id": request_id})


def _taken(payment: Payment, reply: Reply) -> Answer:
    return refusal(reply) or _authorisation(payment, reply)


def _known(payment: Payment, reply: Reply) -> Answer:
    if reply.status == 404 and reply.error == "unknown-request":
        return Answer(Outcome.NEVER_SEEN)
    return _authorisation(payment, reply)


def _ended(request_id: str, done: str, reply: Reply) -> Answer:
    if reply.status == 409 and reply.error in _NOT_ENDED:
        return Answer(Outcome.REFUSED, reason=foreign.slug(reply.error))
    if refused := refusal(reply):
        return refused
    document = reply.document
    if reply.status == 200 and document.get("request_id") == request_id and document.get("status") == done:
        return Answer(Outcome.SUCCESS)
    return Answer(Outcome.UNKNOWN)


def _authorisation(payment: Payment, reply: Reply) -> Answer:
    document = reply.document
    outcome = _AUTHORISATIONS.get(foreign.required_text(document.get("status"), _LONGEST_STATUS))
    if (
        reply.status != 200
        or outcome is None
        or document.get("request_id") != payment.authorisation_request_id
        or document.get("amount_paise") != payment.total_paise
    ):
        return Answer(Outcome.UNKNOWN)
    reference = foreign.identifier(document.get("authorisation_id"))
    return Answer(outcome, reference=reference, reason=foreign.slug(document.get("reason")))


def _refund_taken(refund: Refund, reply: Reply) -> Answer:
    if reply.status == 409 and reply.error in _NOT_REFUNDED:
        return Answer(Outcome.REFUSED, reason=foreign.slug(reply.error))
    return refusal(reply) or _refund(refund, reply)


def _refund_known(refund: Refund, reply: Reply) -> Answer:
    if reply.status == 404 and reply.error == "unknown-request":
        return Answer(Outcome.NEVER_SEEN)
    return _refund(refund, reply)


def _refund(refund: Refund, reply: Reply) -> Answer:
    document = reply.document
    outcome = _REFUNDS.get(foreign.required_text(document.get("status"), _LONGEST_STATUS))
    if (
        reply.status != 200
        or outcome is None
        or document.get("request_id") != refund.provider_request_id
        or document.get("authorisation_id") != refund.authorisation_id
        or document.get("amount_paise") != refund.paise
    ):
        return Answer(Outcome.UNKNOWN)
    reference = foreign.identifier(document.get("refund_id"))
    return Answer(outcome, reference=reference, reason=foreign.slug(document.get("reason")))


def _charge_taken(top_up: TopUp, reply: Reply) -> Answer:
    return refusal(reply) or _charge(top_up, reply)


def _charge_known(top_up: TopUp, reply: Reply) -> Answer:
    if reply.status == 404 and reply.error == "unknown-request":
        return Answer(Outcome.NEVER_SEEN)
    return _charge(top_up, reply)


def _charge(top_up: TopUp, reply: Reply) -> Answer:
    document = reply.document
    outcome = _CHARGES.get(foreign.required_text(document.get("status"), _LONGEST_STATUS))
    if (
        reply.status != 200
        or outcome is None
        or document.get("request_id") != top_up.provider_request_id
        or document.get("amount_paise") != top_up.paise
    ):
        return Answer(Outcome.UNKNOWN)
    reference = foreign.identifier(document.get("charge_id"))
    return Answer(outcome, reference=reference, reason=foreign.slug(document.get("reason")))
