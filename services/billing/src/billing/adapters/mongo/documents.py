"""Payments and journal entries as documents, and back. Amounts are stored as 64-bit integers, never as doubles.

Three names of a stored payment, one of them also of a stored bill, change in three releases (docs/release.md, "Stored
data"), so that the pods of two releases always work side by side. This release is the first: it writes both names and
reads the old one, which the release before writes alone; `billing migrate` fills the new one. `RENAMED` is the whole
list.
"""

from datetime import date
from typing import Any

from bson import Int64

from billing.domain.ledger.entries import JournalEntry, Kind, Leg
from billing.domain.payments.answers import Call, Outcome
from billing.domain.payments.form import Form
from billing.domain.payments.parts import Part
from billing.domain.payments.payment import FAILED, HOLDING, Failure, Move, Payment, State
from billing.domain.payments.receipts import Receipt
from billing.domain.settlement.acts import acts_of, owed_by

Document = dict[str, Any]

PAYMENTS = "payments"
# Old name: new name. The second release reads the new names, the third no longer writes the old ones and removes them.
RENAMED = {"claim_key": "bill_key", "holds": "pays", "next_action_at": "resume_at"}
_ENDED_WITH_AN_EVENT = {state.value for state in (*FAILED, State.COMPLETED)}
# A wallet payment given to people is held too, until they have resolved it.
HOLDING_STATES = sorted(state.value for state in (*HOLDING, State.MANUAL))


def payment_document(payment: Payment) -> Document:
    """The stored form of a new payment."""
    return {
        "_id": payment.payment_id,
        "token": payment.transaction_token,
        "client_id": payment.client_id,
        "kiosk_id": payment.kiosk_id,
        **({"person_id": payment.person_id} if payment.person_id else {}),
        **({"assistance_id": payment.assistance_id} if payment.assistance_id else {}),
        "channel": payment.channel,
        "mode": payment.mode,
        "instrument": payment.instrument,
        "biller_id": payment.biller_id,
        "category": payment.category,
        "bill_id": payment.bill_id,
        "bill_ref": payment.bill_ref,
        **renamed("claim_key", payment.bill_key),
        "customer_params": dict(payment.customer_params),
        "application_id": payment.application_id,
        "bill_paise": Int64(payment.bill_paise),
        "service_charge_paise": Int64(payment.service_charge_paise),
        "fee_order": payment.fee_order,
        "fee_order_hi": payment.fee_order_hi,
        "credits": [leg_document(leg) for leg in payment.credits],
        "request_id": payment.request_id,
        "created_at": payment.created_at,
        "deadline_at": payment.deadline_at,
        "history": [_move_document(move) for move in payment.history],
        "part": _part_document(payment.part) if payment.part else None,
        "district_code": payment.district_code,
        "fee_window": payment.fee_window,
        "due_on": payment.due_on.isoformat() if payment.due_on else None,
        "queue_until": payment.queue_until,
        **_changing(payment),
        **({} if payment.state in FAILED else renamed("holds", payment.bill_key)),
        **({"agreed_once": payment.agreed_once} if payment.agreed_once and payment.state not in FAILED else {}),
    }


def _changing(payment: Payment) -> Document:
    receipt, failure = payment.receipt, payment.failure
    return {
        "state": payment.state.value,
        "version": payment.version,
        "attempts": payment.attempts,
        "unsent": payment.unsent,
        "events_told": payment.events_told,
        **renamed("next_action_at", payment.resume_at),
        "authorisation_id": payment.authorisation_id,
        "biller_reference": payment.biller_reference,
        "form": payment.form.value if payment.form else None,
        **({"queued_at": payment.queued_at} if payment.queued_at else {}),
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
    """The update that turns the stored `before` into `after`. A failed payment lets go of its bill, and of a
    consent to one payment."""
    changing = _changing(after)
    if after.events_told == before.events_told:
        del changing["events_told"]  # A refund may have told one meanwhile.
    update: Document = {"$set": changing}
    moves = after.history[len(before.history) :]
    if moves:
        update["$push"] = {"history": {"$each": [_move_document(move) for move in moves]}}
    if after.state in FAILED:
        update["$unset"] = renamed("holds", "") | {"agreed_once": ""}
    return update


def still_as(before: Payment, after: Payment) -> Document:
    """The filter of compare-and-set: nobody moved the payment, nor (for a mere wait) took it or rang for it."""
    expected: Document = {"_id": before.payment_id, "state": before.state.value, "version": before.version}
    if after.version == before.version:
        expected["next_action_at"] = before.resume_at
    return expected


def payment_of(document: Document) -> Payment:
    """The payment in a stored document."""
    receipt, failure = document["receipt"], document["failure"]
    return Payment(
        payment_id=document["_id"],
        transaction_token=document["token"],
        client_id=document["client_id"],
        kiosk_id=document["kiosk_id"],
        person_id=document.get("person_id"),
        assistance_id=document.get("assistance_id"),
        agreed_once=document.get("agreed_once"),
        channel=document["channel"],
        mode=document["mode"],
        instrument=document["instrument"],
        biller_id=document["biller_id"],
        category=document["category"],
        bill_id=document["bill_id"],
        bill_ref=document["bill_ref"],
        bill_key=document["claim_key"],
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
        history=tuple(Move(State(move["state"]), move["at"], call_of(move)) for move in document["history"]),
        created_at=document["created_at"],
        deadline_at=document["deadline_at"],
        resume_at=document["next_action_at"],
        attempts=document["attempts"],
        unsent=document["unsent"],
        events_told=events_told(document),
        authorisation_id=document["authorisation_id"],
        biller_reference=document["biller_reference"],
        receipt=Receipt(receipt["number"], receipt["issued_at"]) if receipt else None,
        failure=Failure(failure["code"], failure["detail"], failure["money_returned"]) if failure else None,
        # Release 0.1.0 stored neither.
        part=part_of(document["part"]) if document.get("part") else None,
        district_code=document.get("district_code"),
        # Release 0.1.0 knew no forms.
        fee_window=document.get("fee_window"),
        form=Form(document["form"]) if document.get("form") else None,
        # Release 0.1.0 had no queue.
        due_on=date.fromisoformat(document["due_on"]) if document.get("due_on") else None,
        queue_until=document.get("queue_until"),
        queued_at=document.get("queued_at"),
        # Of a payment that nobody refunded they are not stored.
        refunding_paise=int(document.get("refunding_paise", 0)),
        refunded_paise=int(document.get("refunded_paise", 0)),
    )


def events_told(document: Document) -> int:
    """How many events of the payment there are. Release 0.1.0 did not count them: an ended payment had one."""
    return max(int(document.get("events_told", 0)), int(document["state"] in _ENDED_WITH_AN_EVENT))


def renamed(old: str, value: Any) -> Document:
    """A member whose name changes, under both names."""
    return {old: value, RENAMED[old]: value}


def _part_document(part: Part) -> Document:
    return {
        "due_key": part.due_key,
        "due_paise": Int64(part.due_paise),
        "counted_from": part.counted_from,
        "may_exceed": part.may_exceed,
    }


def part_of(part: Document) -> Part:
    """The part in a stored document."""
    return Part(part["due_key"], int(part["due_paise"]), part["counted_from"], part["may_exceed"])


def entry_document(entry: JournalEntry) -> Document:
    """The stored form of a journal entry; members that do not apply are left out, for the partial indexes."""
    document: Document = {
        "_id": entry.entry_id,
        "kind": entry.kind.value,
        "at": entry.at,
        "legs": [leg_document(leg) for leg in entry.legs],
    }
    if parties := sorted({act.source for act in (*acts_of(entry), *owed_by(entry))}):
        document["parties"] = parties
    for name in ("payment_id", "kiosk_id", "resolves", "top_up_id"):
        if (value := getattr(entry, name)) is not None:
            document[name] = value
    return document


def entry_of(document: Document) -> JournalEntry:
    """The entry in a stored document."""
    return JournalEntry(
        entry_id=document["_id"],
        kind=Kind(document["kind"]),
        at=document["at"],
        legs=tuple(Leg(leg["account"], int(leg["paise"])) for leg in document["legs"]),
        payment_id=document.get("payment_id"),
        kiosk_id=document.get("kiosk_id"),
        resolves=document.get("resolves"),
    )


def leg_document(leg: Leg) -> Document:
    """The stored form of a leg."""
    return {"account": leg.account, "paise": Int64(leg.paise)}


def _move_document(move: Move) -> Document:
    return {"state": move.state.value, "at": move.at, **call_document(move.call)}


def call_document(call: Call | None) -> Document:
    """The members that a stored move has of the call that led to it."""
    if call is None:
        return {}
    return {"call": {"ask": call.ask, "outcome": call.outcome.value, "earlier": call.earlier}}


def call_of(move: Document) -> Call | None:
    """The call in a stored move. Release 0.1.0 kept none."""
    call = move.get("call")
    return Call(call["ask"], Outcome(call["outcome"]), call["earlier"]) if call else None
