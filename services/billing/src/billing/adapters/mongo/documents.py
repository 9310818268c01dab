"""Payments and journal entries as documents, and back. Amounts are stored as 64-bit integers, never as doubles."""

from typing import Any

from bson import Int64

from billing.domain.ledger.entries import JournalEntry, Leg
from billing.domain.payments.payment import FAILED, HOLDING, Failure, Payment, State, Step
from billing.domain.payments.receipts import Receipt

Document = dict[str, Any]

PAYMENTS = "payments"
# A wallet payment given to people is held too, until they have resolved it.
HOLDING_STATES = sorted(state.value for state in (*HOLDING, State.MANUAL))


def payment_document(payment: Payment) -> Document:
    """The stored form of a new payment."""
    return {
        "_id": payment.payment_id,
        "token": payment.transaction_token,
        "client_id": payment.client_id,
        "kiosk_id": payment.kiosk_id,
        "channel": payment.channel,
        "mode": payment.mode,
        "instrument": payment.instrument,
        "biller_id": payment.biller_id,
        "category": payment.category,
        "bill_id": payment.bill_id,
        "bill_ref": payment.bill_ref,
        "claim_key": payment.claim_key,
        "customer_params": dict(payment.customer_params),
        "application_id": payment.application_id,
        "bill_paise": Int64(payment.bill_paise),
        "service_charge_paise": Int64(payment.service_charge_paise),
        "fee_order": payment.fee_order,
        "fee_order_hi": payment.fee_order_hi,
        "credits": [_leg_document(leg) for leg in payment.credits],
        "request_id": payment.request_id,
        "created_at": payment.created_at,
        "deadline_at": payment.deadline_at,
        "history": [_step_document(step) for step in payment.history],
        **_changing(payment),
        **({} if payment.state in FAILED else {"holds": payment.claim_key}),
    }


def _changing(payment: Payment) -> Document:
    receipt, failure = payment.receipt, payment.failure
    return {
        "state": payment.state.value,
        "version": payment.version,
        "attempts": payment.attempts,
        "unsent": payment.unsent,
        "next_action_at": payment.next_action_at,
        "authorisation_id": payment.authorisation_id,
        "biller_reference": payment.biller_reference,
        "receipt": {"number": receipt.number, "issued_at": receipt.issued_at} if receipt else None,
        "failure": {
            "code": failure.code,
            "detail": failure.detail,
            "money_returned": failure.money_returned,
        }
        if failure
        else None,
    }


def payment_update(before: Payment, after: Payment) -> Document:
    """The update that turns the stored `before` into `after`. A failed payment lets go of its bill."""
    update: Document = {"$set": _changing(after)}
    steps = after.history[len(before.history) :]
    if steps:
        update["$push"] = {"history": {"$each": [_step_document(step) for step in steps]}}
    if after.state in FAILED:
        update["$unset"] = {"holds": ""}
    return update


def still_as(before: Payment, after: Payment) -> Document:
    """The filter of compare-and-set: nobody moved the payment, nor (for a mere wait) took it or rang for it."""
    expected: Document = {"_id": before.payment_id, "state": before.state.value, "version": before.version}
    if after.version == before.version:
        expected["next_action_at"] = before.next_action_at
    return expected


def payment_of(document: Document) -> Payment:
    """The payment in a stored document."""
    receipt, failure = document["receipt"], document["failure"]
    return Payment(
        payment_id=document["_id"],
        transaction_token=document["token"],
        client_id=document["client_id"],
        kiosk_id=document["kiosk_id"],
        channel=document["channel"],
        mode=document["mode"],
        instrument=document["instrument"],
        biller_id=document["biller_id"],
        category=document["category"],
        bill_id=document["bill_id"],
        bill_ref=document["bill_ref"],
        claim_key=document["claim_key"],
        customer_params=document["customer_params"],
        application_id=document["application_id"],
        bill_paise=int(document["bill_paise"]),
        service_charge_paise=int(document["service_charge_paise"]),
        fee_order=document["fee_order"],
        fee_order_hi=document["fee_order_hi"],
        credits=tuple(Leg(leg["account"], int(leg["paise"])) for leg in document["credits"]),
        request_id=document["request_id"],
        state=State(document["state"]),
        version=document["version"],
        history=tuple(Step(State(step["state"]), step["at"]) for step in document["history"]),
        created_at=document["created_at"],
        deadline_at=document["deadline_at"],
        next_action_at=document["next_action_at"],
        attempts=document["attempts"],
        unsent=document["unsent"],
        authorisation_id=document["authorisation_id"],
        biller_reference=document["biller_reference"],
        receipt=Receipt(receipt["number"], receipt["issued_at"]) if receipt else None,
        failure=Failure(failure["code"], failure["detail"], failure["money_returned"]) if failure else None,
    )


def entry_document(entry: JournalEntry) -> Document:
    """The stored form of a journal entry; members that do not apply are left out, for the partial indexes."""
    document: Document = {
        "_id": entry.entry_id,
        "kind": entry.kind.value,
        "at": entry.at,
        "legs": [_leg_document(leg) for leg in entry.legs],
    }
    for name in ("payment_id", "kiosk_id", "resolves"):
        if (value := getattr(entry, name)) is not None:
            document[name] = value
    return document


def _leg_document(leg: Leg) -> Document:
    return {"account": leg.account, "paise": Int64(leg.paise)}


def _step_document(step: Step) -> Document:
    return {"state": step.state.value, "at": step.at}
