"""The routes of disputes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import url_for

from billing.application.disputes.add_evidence import AddEvidence
from billing.application.disputes.decide_dispute import DecideDispute, MoneyBack
from billing.application.disputes.errors import (
    AlreadyDisputed,
    DisputeEnded,
    DisputeNotFound,
    OwnDispute,
    TooMuchEvidence,
)
from billing.application.disputes.open_dispute import OpenDispute
from billing.application.payments.errors import PaymentNotFound
from billing.application.refunds.errors import NotRefundable, RefundableChanged
from billing.application.wallets.errors import WalletNotOpen
from billing.bootstrap import Billing
from billing.domain.calendar import civil_day
from billing.domain.disputes.dispute import Dispute, DisputeState, Evidence, EvidenceKind
from billing.domain.refunds.refund import Destination
from billing.entrypoints.http.blueprints import PAYERS, payments
from billing.entrypoints.http.disputes import schemas, views
from billing.entrypoints.http.payments.routes import PAYMENT_ID, PAYMENT_KEY_DAYS
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.http import Role, application, caller, cursor, idempotency_claim, mark_replayed, request_id
from servicekit.ids import public_id
from servicekit.instants import rfc3339, utc_now

_DECIDING = frozenset({Role.DISTRICT_ADMIN, Role.STATE_ADMIN})
_READING = PAYERS | _DECIDING | {Role.AUDITOR}
_DISPUTE_ID = {
    "in": "path",
    "name": "dispute_id",
    "description": "From the answer to POST /v1/payments/{payment_id}/disputes.",
    "example": "dsp_01930a6c5d2e7c1f9b3a4d5e6f708192",
}


@payments.route("/v1/dispute-codes")
@payments.public("what may be disputed, and by when it is decided, is for everybody to know")
@payments.response(200, schemas.DisputeCodesShownSchema)
def list_dispute_codes() -> dict[str, Any]:
    """What may be disputed.

    With the turn-around time of each today, and the order that sets it; null: no order does.
    """
    return views.codes_view(application(Billing).disputes.codes, civil_day(utc_now()))


@payments.route("/v1/payments/<payment_id>/disputes", methods=["POST"], parameters=[PAYMENT_ID])
@payments.requires("payments:write", roles=PAYERS)
@payments.keyed("create-dispute", retention_days=PAYMENT_KEY_DAYS)
@payments.raises(PaymentNotFound, AlreadyDisputed, DisputeNotFound)
@payments.arguments(schemas.DisputeRequestSchema, example=schemas.DISPUTE_EXAMPLE)
@payments.response(201, schemas.DisputeShownSchema, headers=["Location"])
def create_dispute(body: dict[str, Any], payment_id: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Dispute a payment.

    By who paid: one dispute of a payment is open at a time. Where the payment's own record tells why a bill seems
    unpaid, the answer names the cause at once. Evidence is a sentence, or the digest of a file that you keep.
    """
    at = utc_now()
    opened = application(Billing).open_dispute(
        OpenDispute(
            dispute_id=public_id("dsp"),
            payment_id=payment_id,
            code=body["code"],
            evidence=_evidence(body["evidence"], at),
            by=_by(),
            reach=caller().reach,
            claim=idempotency_claim(),
            at=at,
        )
    )
    mark_replayed(opened.replayed)
    headers = {"Location": url_for("payments.get_dispute", dispute_id=opened.value.dispute_id)}
    return _shown(opened.value, at), 201, headers


@payments.route("/v1/payments/<payment_id>/disputes", parameters=[PAYMENT_ID])
@payments.requires("payments:read", roles=_READING)
@payments.raises(PaymentNotFound)
@payments.response(200, schemas.DisputesShownSchema)
def list_disputes_of_payment(payment_id: str) -> dict[str, Any]:
    """A payment's disputes.

    All of them, in the order in which they were opened.
    """
    billing, at = application(Billing), utc_now()
    rows = billing.disputes.of(payment_id, caller().reach)
    return {"items": [views.summary_view(row, billing.disputes.codes, at) for row in rows], "next": None}


@payments.route("/v1/disputes")
@payments.requires("payments:read", roles=_READING)
@payments.arguments(schemas.DisputesQuerySchema, location="query")
@payments.response(200, schemas.DisputesShownSchema)
def list_disputes(query: dict[str, Any]) -> dict[str, Any]:
    """Disputes within the caller's reach.

    Those that were opened first in front.
    """
    after = None
    if "cursor" in query:
        position = cursor().decode(query["cursor"])
        after = datetime.fromisoformat(position["at"]), str(position["id"])
    billing, at, limit = application(Billing), utc_now(), query["limit"]
    is_open = query["status"] == "open"
    rows = billing.disputes.page(caller().reach, is_open=is_open, after=after, limit=limit + 1)
    page = rows[:limit]
    last = page[-1] if len(rows) > limit else None
    following = cursor().encode({"at": rfc3339(last.opened.at), "id": last.dispute_id}) if last else None
    return {"items": [views.summary_view(row, billing.disputes.codes, at) for row in page], "next": following}


@payments.route("/v1/disputes/<dispute_id>", parameters=[_DISPUTE_ID])
@payments.requires("payments:read", roles=_READING)
@payments.raises(DisputeNotFound)
@payments.response(200, schemas.DisputeShownSchema)
def get_dispute(dispute_id: str) -> dict[str, Any]:
    """One dispute.

    As it stands, for whoever may see its payment: with who did what and why, the evidence, and the cause as the
    payment's record tells it now.
    """
    return _shown(application(Billing).disputes.get(dispute_id, caller().reach), utc_now())


@payments.route("/v1/disputes/<dispute_id>/evidence", methods=["POST"], parameters=[_DISPUTE_ID])
@payments.requires("payments:write", roles=PAYERS | _DECIDING)
@payments.repeatable("the same evidence is kept once")
@payments.raises(DisputeNotFound, DisputeEnded, TooMuchEvidence)
@payments.arguments(schemas.EvidenceAddedSchema, example={"evidence": schemas.DISPUTE_EXAMPLE["evidence"]})
@payments.response(200, schemas.DisputeShownSchema)
def add_evidence(body: dict[str, Any], dispute_id: str) -> dict[str, Any]:
    """Add evidence to an open dispute.

    By who paid, or by who decides.
    """
    at = utc_now()
    command = AddEvidence(dispute_id, _evidence(body["evidence"], at), caller().reach)
    return _shown(application(Billing).add_evidence(command), at)


@payments.route("/v1/disputes/<dispute_id>/decisions", methods=["POST"], parameters=[_DISPUTE_ID])
@payments.requires("payments:write", roles=_DECIDING)
@payments.keyed("decide-dispute", retention_days=PAYMENT_KEY_DAYS)
@payments.raises(
    DisputeNotFound, DisputeEnded, OwnDispute, PaymentNotFound, NotRefundable, RefundableChanged, WalletNotOpen
)
@payments.arguments(schemas.DecisionRequestSchema, example=schemas.DECISION_EXAMPLE)
@payments.response(201, schemas.DisputeShownSchema)
def decide_dispute(body: dict[str, Any], dispute_id: str) -> dict[str, Any]:
    """Decide a dispute.

    By the administration of the district or the state, and never by who opened it. With an upheld one a refund may
    begin, in the same transaction: both are there, or neither; the refund goes on by itself.
    """
    client, at, back = caller(), utc_now(), body.get("refund")
    destination = back.get("destination") if back else None
    decided = application(Billing).decide_dispute(
        DecideDispute(
            dispute_id=dispute_id,
            state=DisputeState(body["outcome"].upper()),
            reason=body["reason"],
            money_back=MoneyBack(
                public_id("rfd"),
                back["amount"]["amount"],
                back["refundable"]["amount"],
                Destination(destination) if destination else None,
            )
            if back
            else None,
            by=_by(),
            client_id=client.client_id,
            reach=client.reach,
            request_id=request_id(),
            claim=idempotency_claim(),
            at=at,
        )
    )
    mark_replayed(decided.replayed)
    return _shown(decided.value, at)


def _by() -> str:
    """Who does it: who acts for a person, the person, or software of nobody's."""
    client = caller()
    if client.actor:
        return client.actor.id
    return client.person.id if client.person else client.client_id


def _evidence(pieces: Iterable[dict[str, Any]], at: datetime) -> tuple[Evidence, ...]:
    evidence = []
    for number, piece in enumerate(pieces):
        kind = EvidenceKind(piece["kind"])
        if piece.keys() != {"kind", kind.value}:
            detail, detail_hi = f"Give {kind.value}, and nothing else.", f"केवल {kind.value} दें।"
            pointer = f"/evidence/{number}/{kind.value}"
            raise ValidationFailed(detail, errors=[FieldProblem(pointer, "one-of-its-kind", detail, detail_hi)])
        evidence.append(Evidence(kind, piece[kind.value], _by(), at))
    return tuple(evidence)


def _shown(dispute: Dispute, at: datetime) -> dict[str, Any]:
    reader = application(Billing).disputes
    return views.dispute_view(dispute, reader.codes, reader.cause(dispute, at), at)
