"""The biller network: bills, validations, plans, payments that are accepted once per request id, and inquiry."""

import hashlib
import json
import secrets
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from threading import Lock
from typing import Any

import msgspec
from flask import Flask, Response

from emitra_simulators.biller_records import (
    BillFetchRequest,
    BillValidationRequest,
    Payment,
    PaymentRequest,
    PlansQuery,
)
from emitra_simulators.callbacks import Callbacks
from emitra_simulators.consumers import (
    BILLERS,
    FORM_COMPLETE_AFTER_SECONDS,
    INCOMPLETE_PREFIX,
    PLANS,
    Biller,
    Conduct,
    Due,
    conduct_of,
    dues_of,
    is_known,
)
from emitra_simulators.controls import DEFAULT_HANG_SECONDS, Faults, SimulatedClock, controls
from emitra_simulators.day_files import DayFiles, Line
from emitra_simulators.journal import Journal, replay
from emitra_simulators.wire import (
    AuditQuery,
    Refusal,
    audit_page,
    fingerprint,
    load_body,
    load_query,
    new_app,
)

IST = timezone(timedelta(hours=5, minutes=30))

_VALIDATED = "v-"
# The most payments that one process remembers, at about 500 bytes each. Beyond it new payments are refused, and none
# is forgotten.
MAX_PAYMENTS = 1_000_000
# The most unpaid bills whose reference is kept. Beyond it the oldest bill gets a new one when it is fetched again.
MAX_OPEN_BILLS = 100_000


class BillerNetwork:
    """What the billers remember: accepted payments by request id, kept in the journal with the clock."""

    def __init__(self, journal: Journal, clock: SimulatedClock) -> None:
        self.clock = clock
        self._journal = journal
        self._lock = Lock()
        self._payments: dict[str, Payment] = {}
        self._nonces: dict[tuple[str, str, int, str], str] = {}
        replay(journal, self._replay)

    def bills(self, biller_id: str, customer_params: dict[str, str]) -> list[dict[str, Any]]:
        """The bills that a customer owes. A bill keeps its reference until a payment of it is accepted.

        Raises Refusal: 404 unknown biller or customer, 400 malformed parameters, 503 biller down.
        """
        biller, consumer, _ = self._consumer(biller_id, customer_params)
        if not biller.fetch:
            raise Refusal(422, "fetch-not-supported", f"{biller_id} lists no bills")
        owed = self._owed(biller_id, consumer)
        bills = []
        for position, due in enumerate(owed):
            nonce = self._nonce(biller_id, consumer, position, due)
            bills.append({"bill_ref": _bill_ref(biller_id, consumer, position, nonce), **_bill_members(due)})
        return bills

    def validate(self, body: BillValidationRequest) -> dict[str, Any]:
        """A reference under which the biller takes this amount from this consumer.

        Raises Refusal: 404 unknown biller or customer, 400 malformed, 422 unknown plan or amount, 503 biller down.
        """
        biller, consumer, _ = self._consumer(body.biller_id, body.customer_params)
        if not biller.validation:
            raise Refusal(422, "validation-not-supported", f"{body.biller_id} validates nothing")
        if not is_known(body.biller_id, consumer):
            raise Refusal(404, "unknown-customer", f"{body.biller_id} has no such {biller.parameter}")
        self._check_plan(body.customer_params, body.amount_paise)
        nonce = secrets.token_hex(8)
        return {"bill_ref": _validation_ref(body.biller_id, consumer, body.amount_paise, nonce)}

    @staticmethod
    def plans(query: PlansQuery) -> dict[str, Any]:
        """The plans of a prepaid biller, the same in each circle. Raises Refusal: 404 unknown biller."""
        biller = BILLERS.get(query.biller_id)
        if biller is None:
            raise Refusal(404, "unknown-biller", f"known billers are {', '.join(BILLERS)}")
        return {"plans": [asdict(plan) for plan in PLANS.values()] if biller.has_plans else []}

    def pay(self, body: PaymentRequest) -> tuple[Payment, Conduct, bool]:
        """Accepts a payment once. Returns it, what the biller does with it, and whether this request is the first.

        The same request again gets the same payment. Raises Refusal: 409 the request id was used for another payment,
        422 no such bill or amount not accepted, 503 memory full, and those of `bills`.
        """
        digest = fingerprint(body)
        with self._lock:
            known = self._payments.get(body.request_id)
            if known is not None:
                if known.fingerprint != digest:
                    raise Refusal(409, "request-id-reused", "this request_id was used for another payment")
                known.times_received += 1
                self._journal.append({"repeated": known.request_id})
                consumer = body.customer_params[BILLERS[body.biller_id].parameter]
                return known, conduct_of(body.biller_id, consumer), False
            biller, consumer, conduct = self._consumer(body.biller_id, body.customer_params)
            fetched = biller.fetch and not body.bill_ref.startswith(_VALIDATED)
            paid = self._fetched_bill(body, consumer) if fetched else self._unfetched_bill(body, biller, consumer)
            if len(self._payments) >= MAX_PAYMENTS:
                raise Refusal(503, "full", f"{MAX_PAYMENTS} payments are remembered: start with a new --state")
            now = self.clock.epoch_seconds()
            payment = Payment(
                request_id=body.request_id,
                fingerprint=digest,
                biller_id=body.biller_id,
                bill_ref=body.bill_ref,
                amount_paise=body.amount_paise,
                biller_reference=f"{body.biller_id.upper()}{digest[:12].upper()}",
                accepted_at=now,
                settles_at=now + conduct.settles_after_seconds,
                outcome=conduct.outcome,
                reason=conduct.reason,
                unstorable_reference=conduct.unstorable_reference,
                form_complete_at=_form_complete_at(biller, consumer, now),
                tendered_at=body.tendered_at,
            )
            self._journal.append({"accepted": payment})
            self._payments[payment.request_id] = payment
            # The payment is accepted, even if it fails later: the next fetch finds another bill.
            if paid is not None:
                self._nonces.pop(paid, None)
            return payment, conduct, True

    def payment(self, request_id: str) -> Payment:
        """Raises Refusal 404 when no such payment was ever accepted."""
        try:
            return self._payments[request_id]
        except KeyError:
            raise Refusal(404, "unknown-request", "no payment was accepted under this request_id") from None

    def day_lines(self, biller_id: str) -> list[Line]:
        """What one biller took, for the files of days. Raises Refusal 404 unknown biller."""
        if biller_id not in BILLERS:
            raise Refusal(404, "unknown-biller", f"known billers are {', '.join(BILLERS)}")
        now = self.clock.epoch_seconds()
        with self._lock:
            payments = [payment for payment in self._payments.values() if payment.biller_id == biller_id]
        lines = [
            Line("PAYMENT", one.request_id, one.biller_reference, one.amount_paise, one.settles_at)
            for one in payments
            if one.status(now) == "SUCCESS"
        ]
        return sorted(lines, key=lambda line: (line.at, line.request_id))

    def audit(self, query: AuditQuery) -> dict[str, Any]:
        """One page of the accepted payments, in the order of acceptance."""
        with self._lock:
            payments = list(self._payments.values())
        return audit_page(payments, query, self.clock.epoch_seconds())

    def _consumer(self, biller_id: str, params: dict[str, str]) -> tuple[Biller, str, Conduct]:
        biller = BILLERS.get(biller_id)
        if biller is None:
            raise Refusal(404, "unknown-biller", f"known billers are {', '.join(BILLERS)}")
        if problem := biller.problem_with(params):
            raise Refusal(400, "bad-request", problem)
        consumer = params[biller.parameter]
        conduct = conduct_of(biller_id, consumer)
        if conduct.down:
            raise Refusal(503, "biller-down", f"{biller_id} cannot be reached")
        return biller, consumer, conduct

    def _owed(self, biller_id: str, consumer: str) -> list[Due]:
        today = datetime.fromtimestamp(self.clock.epoch_seconds(), UTC).astimezone(IST).date()
        owed = dues_of(biller_id, consumer, today)
        if owed is None:
            parameter = BILLERS[biller_id].parameter
            raise Refusal(404, "unknown-customer", f"{biller_id} has no such {parameter}")
        return owed

    @staticmethod
    def _check_plan(params: dict[str, str], amount_paise: int) -> None:
        plan_id = params.get("plan_id")
        if plan_id is None:
            return
        plan = PLANS.get(plan_id)
        if plan is None:
            raise Refusal(422, "unknown-plan", "the sandbox has no such plan")
        if plan.amount_paise != amount_paise:
            raise Refusal(422, "amount-not-accepted", f"this plan costs {plan.amount_paise} paise")

    @staticmethod
    def _unfetched_bill(body: PaymentRequest, biller: Biller, consumer: str) -> None:
        """Raises Refusal unless the payment was validated, where the biller validates."""
        if biller.validation:
            nonce = body.bill_ref.removeprefix(_VALIDATED).partition("-")[0]
            if body.bill_ref != _validation_ref(body.biller_id, consumer, body.amount_paise, nonce):
                raise Refusal(422, "not-validated", "this bill_ref was not given for this customer and amount")

    def _fetched_bill(self, body: PaymentRequest, consumer: str) -> tuple[str, str, int, str]:
        """What the bill's reference is kept under."""
        owed = self._owed(body.biller_id, consumer)
        position = self._check_bill(body, consumer, owed)
        return body.biller_id, consumer, position, owed[position].bill_period

    def _check_bill(self, body: PaymentRequest, consumer: str, owed: list[Due]) -> int:
        position, _, rest = body.bill_ref.partition("-")
        nonce = rest.partition("-")[0]
        index = int(position) if position.isascii() and position.isdigit() else len(owed)
        if index >= len(owed) or body.bill_ref != _bill_ref(body.biller_id, consumer, index, nonce):
            raise Refusal(422, "unknown-bill", "this bill_ref was not issued for this biller and customer")
        due = owed[index]
        if not due.takes(body.amount_paise):
            accepted = f"exactly {due.amount_paise} paise"
            if due.exactness == "RANGE":
                accepted = f"{due.minimum_paise} to {due.amount_paise} paise in multiples of {due.multiple_paise}"
            raise Refusal(422, "amount-not-accepted", f"this bill takes {accepted}")
        return index

    def _nonce(self, biller_id: str, consumer: str, position: int, due: Due) -> str:
        with self._lock:
            if len(self._nonces) >= MAX_OPEN_BILLS:
                del self._nonces[next(iter(self._nonces))]
            return self._nonces.setdefault((biller_id, consumer, position, due.bill_period), secrets.token_hex(8))

    def _replay(self, entry: dict[str, Any]) -> None:
        if "accepted" in entry:
            payment = msgspec.convert(entry["accepted"], Payment)
            self._payments[payment.request_id] = payment
        elif "repeated" in entry:
            self._payments[entry["repeated"]].times_received += 1
        else:
            self.clock.offset_seconds = entry["clock_offset_seconds"]


def biller_app(
    journal: Journal,
    *,
    callbacks: Callbacks | None,
    clock: SimulatedClock | None = None,
    faults: Faults | None = None,
) -> Flask:
    """The biller network over HTTP. Without `callbacks`, a payment that asks to be called back is refused."""
    clock, faults = clock or SimulatedClock(), faults or Faults()
    network = BillerNetwork(journal, clock)
    app = new_app("emitra-biller-simulator")
    app.register_blueprint(controls(clock, faults, journal))
    files = DayFiles()
    app.register_blueprint(files.controls())
    fetch_request = msgspec.json.Decoder(BillFetchRequest)
    validation_request = msgspec.json.Decoder(BillValidationRequest)
    payment_request = msgspec.json.Decoder(PaymentRequest)

    @app.post("/bill-fetches")
    def fetch_bills() -> dict[str, Any]:
        body = load_body(fetch_request)
        faults.on_arrival("fetch")
        faults.require_up(body.biller_id)
        bills = network.bills(body.biller_id, body.customer_params)
        faults.before_answer("fetch")
        return {"bills": bills}

    @app.post("/bill-validations")
    def validate_bill() -> dict[str, Any]:
        body = load_body(validation_request)
        faults.on_arrival("fetch")
        faults.require_up(body.biller_id)
        validated = network.validate(body)
        faults.before_answer("fetch")
        return validated

    @app.get("/plans")
    def list_plans() -> dict[str, Any]:
        query = load_query(PlansQuery)
        faults.on_arrival("fetch")
        faults.require_up(query.biller_id)
        return network.plans(query)

    @app.post("/payments")
    def pay() -> dict[str, Any] | Response:
        body = load_body(payment_request)
        if body.callback_url and callbacks is None:
            raise Refusal(422, "no-callback-secret", "start the simulator with CALLBACK_SECRET to be called back")
        faults.on_arrival("payment")
        faults.require_up(body.biller_id)
        payment, conduct, first = network.pay(body)
        if conduct.calls_back and first and callbacks is not None and body.callback_url:
            callbacks.send_out_of_order(body.callback_url, payment.request_id)
        faults.before_answer("payment")
        if conduct.hangs and first:
            faults.sleep(DEFAULT_HANG_SECONDS)
        if conduct.answers_garbage:
            return Response('{"request_id": "' + payment.request_id + '", "status": "SUCC', mimetype="application/json")
        return shown(payment)

    @app.get("/payments/<request_id>")
    def inquire(request_id: str) -> dict[str, Any] | Response:
        faults.on_arrival("inquiry")
        payment = network.payment(request_id)
        faults.before_answer("inquiry")
        return shown(payment)

    def shown(payment: Payment) -> dict[str, Any] | Response:
        answer = payment.answer(clock.epoch_seconds())
        # The fast encoder refuses half of a surrogate pair; the standard library's escapes it.
        return Response(json.dumps(answer), mimetype="application/json") if payment.unstorable_reference else answer

    @app.get("/day-files/<biller_id>/<day>")
    def day_file(biller_id: str, day: str) -> Response:
        return files.answer(network.day_lines(biller_id), day)

    @app.get("/control/payments")
    def audit() -> dict[str, Any]:
        return network.audit(load_query(AuditQuery))

    return app


def _bill_ref(biller_id: str, consumer: str, position: int, nonce: str) -> str:
    """A reference that needs no memory to be checked and does not show the customer's number."""
    seal = hashlib.blake2b(f"{biller_id}|{consumer}|{position}|{nonce}".encode(), digest_size=8).hexdigest()
    return f"{position}-{nonce}-{seal}"


def _validation_ref(biller_id: str, consumer: str, amount_paise: int, nonce: str) -> str:
    seal = hashlib.blake2b(f"{biller_id}|{consumer}|{amount_paise}|{nonce}".encode(), digest_size=8).hexdigest()
    return f"{_VALIDATED}{nonce}-{seal}"


def _form_complete_at(biller: Biller, consumer: str, at: float) -> float | None:
    """When the form is complete whose fee a candidate pays; None where nobody is a candidate."""
    if biller.parameter not in ("enrolment_number", "application_number"):
        return None
    return at + FORM_COMPLETE_AFTER_SECONDS if consumer.startswith(INCOMPLETE_PREFIX) else at


def _bill_members(due: Due) -> dict[str, Any]:
    members = asdict(due) | {"due_on": due.due_on.isoformat()}
    if due.amount_paise == 0:
        # As sloppily as billers do it: what does not apply is there, and empty.
        return members | {"due_on": "", "bill_period": ""}
    return {name: value for name, value in members.items() if value is not None}
