"""The gateway's table of events: those that feed the transactions view, and those by which access is
taken back.

Each reading declares what is read of its event.
"""

from collections.abc import Callable, Sequence
from typing import Any

from marshmallow import EXCLUDE, Schema, fields
from pymongo.client_session import ClientSession

from gateway.application.note_withdrawal import NoteWithdrawal
from gateway.application.providers import Provided, Provider
from gateway.application.record_observations import RecordObservations
from gateway.application.record_providers import RecordProviders
from gateway.application.transactions import Kind, Observation, SeenEvent
from gateway.application.withdrawals import Why, Withdrawal
from gateway.bootstrap import Gateway
from servicekit import personal
from servicekit.events import Consumer, Order, ReceivedEvent
from servicekit.instants import utc_now


class _TransactionReading(Schema):
    class Meta:
        unknown = EXCLUDE

    transaction_token = fields.String(required=True)
    client_id = fields.String(required=True)


class _PaymentReading(_TransactionReading):
    payment_id = fields.String(required=True)
    person_id = fields.String(load_default=None, allow_none=True)
    kiosk_id = fields.String(load_default=None, allow_none=True)
    application_id = fields.String(load_default=None, allow_none=True)
    district_code = fields.String(load_default=None, allow_none=True)


class PaymentCompletedReading(_PaymentReading):
    completed_at = fields.AwareDateTime(required=True)


class PaymentFailedReading(_PaymentReading):
    failed_at = fields.AwareDateTime(required=True)


class PaymentRefundedReading(_PaymentReading):
    refunded_at = fields.AwareDateTime(required=True)


class _ApplicationReading(_TransactionReading):
    application_id = fields.String(required=True)
    district_code = fields.String(required=True)


class FeeReading(Schema):
    class Meta:
        unknown = EXCLUDE

    amount = fields.Integer(required=True, strict=True)


class ApplicationSubmittedReading(_ApplicationReading):
    person_id = fields.String(load_default=None, allow_none=True)
    kiosk_id = fields.String(load_default=None, allow_none=True)
    fee = fields.Nested(FeeReading, required=True)
    submitted_at = fields.AwareDateTime(required=True)


class ApplicationDecidedReading(_ApplicationReading):
    decision = fields.String(required=True)
    decided_at = fields.AwareDateTime(required=True)


class ApplicationResubmittedReading(_ApplicationReading):
    resubmitted_at = fields.AwareDateTime(required=True)


class ApplicationWithdrawnReading(_ApplicationReading):
    withdrawn_at = fields.AwareDateTime(required=True)


class ApplicationExpiredReading(_ApplicationReading):
    expired_at = fields.AwareDateTime(required=True)


class CertificateIssuedReading(_ApplicationReading):
    certificate_id = fields.String(required=True)
    issued_at = fields.AwareDateTime(required=True)


class _OpeningReading(_TransactionReading):
    opening_id = fields.String(required=True)
    district_code = fields.String(required=True)


class OpeningSubmittedReading(_OpeningReading):
    person_id = fields.String(required=True)
    submitted_at = fields.AwareDateTime(required=True)


class OpeningMovedReading(_OpeningReading):
    standing = fields.String(required=True)
    moved_at = fields.AwareDateTime(required=True)


class _CourtCaseReading(_TransactionReading):
    court_case_id = fields.String(required=True)
    district_code = fields.String(required=True)
    kiosk_id = fields.String(required=True, allow_none=True)
    person_id = fields.String(required=True, allow_none=True)


class CaseFiledReading(_CourtCaseReading):
    at = fields.AwareDateTime(required=True, data_key="filed_at")


class CaseRegisteredReading(_CourtCaseReading):
    at = fields.AwareDateTime(required=True, data_key="registered_at")


class HearingScheduledReading(_CourtCaseReading):
    at = fields.AwareDateTime(required=True, data_key="scheduled_at")


class OrderPassedReading(_CourtCaseReading):
    at = fields.AwareDateTime(required=True, data_key="passed_at")


class CaseDisposedReading(_CourtCaseReading):
    at = fields.AwareDateTime(required=True, data_key="disposed_at")


class KioskApprovedReading(Schema):
    class Meta:
        unknown = EXCLUDE

    kiosk_id = fields.String(required=True)
    lsp_id = fields.String(required=True)
    approved_at = fields.AwareDateTime(required=True)


class CertificateRevokedReading(_ApplicationReading):
    reason = fields.String(required=True)
    revoked_at = fields.AwareDateTime(required=True)


class CertificateSupersededReading(_ApplicationReading):
    superseded_at = fields.AwareDateTime(required=True)


class _WithdrawalReading(Schema):
    class Meta:
        unknown = EXCLUDE


class _StandingReading(_WithdrawalReading):
    of = fields.String(required=True, data_key="kiosk_id")
    reason = fields.String(required=True)


class KioskSuspendedReading(_StandingReading):
    since = fields.AwareDateTime(required=True, data_key="suspended_at")
    until = fields.AwareDateTime(required=True, allow_none=True, data_key="suspended_until")


class KioskReinstatedReading(_StandingReading):
    since = fields.AwareDateTime(required=True, data_key="reinstated_at")


class KioskClosedReading(_StandingReading):
    since = fields.AwareDateTime(required=True, data_key="closed_at")


class ClientRevokedReading(_WithdrawalReading):
    of = fields.String(required=True, data_key="client_id")
    since = fields.AwareDateTime(required=True, data_key="revoked_at")


class GrantRevokedReading(_WithdrawalReading):
    of = fields.String(required=True, data_key="grant_id")
    since = fields.AwareDateTime(required=True, data_key="revoked_at")


class TokenRevokedReading(_WithdrawalReading):
    of = fields.String(required=True, data_key="token_id")
    since = fields.AwareDateTime(required=True, data_key="revoked_at")


class _AssistanceReading(_WithdrawalReading):
    of = fields.String(required=True, data_key="assistance_id")


class AssistanceDisputedReading(_AssistanceReading):
    since = fields.AwareDateTime(required=True, data_key="disputed_at")


class AssistanceWithdrawnReading(_AssistanceReading):
    since = fields.AwareDateTime(required=True, data_key="withdrawn_at")


class RightChangedReading(_WithdrawalReading):
    right_id = fields.String(required=True)
    state = fields.String(required=True)
    ends_at = fields.AwareDateTime(required=True, allow_none=True)
    changed_at = fields.AwareDateTime(required=True)


def payment(event: ReceivedEvent) -> Observation:
    """A payment ended, completed or failed; or money of it went back."""
    data = event.data
    (at,) = (data[name] for name in ("completed_at", "failed_at", "refunded_at") if name in data)
    return Observation(
        token=data["transaction_token"],
        kind=Kind.PAYMENT,
        reference_id=data["payment_id"],
        owner_client_id=data["client_id"],
        event=_seen(event, at),
        kiosk_id=data["kiosk_id"],
        district_code=data["district_code"],
        pays_for_application_id=data["application_id"],
        person_id=data["person_id"],
    )


def submission(event: ReceivedEvent) -> Observation:
    """An application was lodged."""
    data = event.data
    return _application(
        event,
        data["submitted_at"],
        kiosk_id=data["kiosk_id"],
        fee_due=data["fee"]["amount"] > 0,
        person_id=data["person_id"],
    )


def decision(event: ReceivedEvent) -> Observation:
    """An officer decided one step."""
    return _application(event, event.data["decided_at"], decision=event.data["decision"])


def move(event: ReceivedEvent) -> Observation:
    """The applicant answered, or withdrew; or it waited for them too long."""
    (at,) = (event.data[name] for name in ("resubmitted_at", "withdrawn_at", "expired_at") if name in event.data)
    return _application(event, at)


def issue(event: ReceivedEvent) -> Observation:
    """The certificate exists."""
    return _application(event, event.data["issued_at"], certificate_id=event.data["certificate_id"])


# What a standing of an application for a centre is to whoever follows it; another is a step of the offices'.
_ENDS = {"SENT_BACK": "sent_back", "REJECTED": "rejected", "ACTIVE": "opened", "WITHDRAWN": "withdrawn"}


def opening(event: ReceivedEvent) -> Observation:
    """Somebody applied for a centre, or such an application came to another step."""
    data = event.data
    decision = _ENDS.get(data["standing"], "approved") if "standing" in data else None
    return Observation(
        token=data["transaction_token"],
        kind=Kind.APPLICATION,
        reference_id=data["opening_id"],
        owner_client_id=data["client_id"],
        event=_seen(event, data["moved_at"] if decision else data["submitted_at"], decision),
        district_code=data["district_code"],
        person_id=data.get("person_id"),
    )


def court_case(event: ReceivedEvent) -> Observation:
    """A case came before a revenue court, or went on there."""
    data = event.data
    return Observation(
        token=data["transaction_token"],
        kind=Kind.APPLICATION,
        reference_id=data["court_case_id"],
        owner_client_id=data["client_id"],
        event=_seen(event, data["at"]),
        kiosk_id=data["kiosk_id"],
        district_code=data["district_code"],
        person_id=data["person_id"],
    )


def end_of_certificate(event: ReceivedEvent) -> Observation:
    """The certificate was revoked, or another one stands in its place."""
    (at,) = (event.data[name] for name in ("revoked_at", "superseded_at") if name in event.data)
    return _application(event, at)


def is_no_superseding(event: ReceivedEvent) -> bool:
    """What is superseded is told by an event of its own: whose certificate was corrected reads of no revocation."""
    return bool(event.data["reason"] != "superseded")


def _application(event: ReceivedEvent, at: Any, *, decision: str | None = None, **facts: Any) -> Observation:
    data = event.data
    return Observation(
        token=data["transaction_token"],
        kind=Kind.APPLICATION,
        reference_id=data["application_id"],
        owner_client_id=data["client_id"],
        event=_seen(event, at, decision),
        district_code=data["district_code"],
        **facts,
    )


def _seen(event: ReceivedEvent, at: Any, decision: str | None = None) -> SeenEvent:
    # The reader of a time line has no use for the version in the name: payment.completed.v1 → payment.completed.
    return SeenEvent(event.id, event.type.rpartition(".v")[0], at, event.sequence, decision)


def _recorded(
    observe: Callable[[ReceivedEvent], Observation],
) -> Callable[[Gateway, Sequence[ReceivedEvent], ClientSession], None]:
    def record(gateway: Gateway, events: Sequence[ReceivedEvent], session: ClientSession) -> None:
        observations = [observe(event) for event in events]
        gateway.within(session).record_observations(RecordObservations(observations))

    return record


def record_providers(gateway: Gateway, events: Sequence[ReceivedEvent], session: ClientSession) -> None:
    """Centres were approved: each is a provider's from then on."""
    provided = [
        Provided(event.data["kiosk_id"], Provider(event.data["lsp_id"], event.data["approved_at"])) for event in events
    ]
    gateway.within(session).record_providers(RecordProviders(provided))


def _noted(why: Why, *, lifted: bool = False) -> Callable[[Gateway, ReceivedEvent, ClientSession], None]:
    """Access was taken back, or given again."""

    def note(gateway: Gateway, event: ReceivedEvent, session: ClientSession) -> None:
        _note(gateway, session, Withdrawal(why=why, lifted=lifted, **event.data))

    return note


def note_right(gateway: Gateway, event: ReceivedEvent, session: ClientSession) -> None:
    """A right stands otherwise. One that ends later counts until then; a state that is new to us does not count."""
    data = event.data
    ends = data["ends_at"] if data["state"] == "ended" else None
    _note(
        gateway,
        session,
        Withdrawal(data["right_id"], Why.RIGHT_CHANGED, ends or data["changed_at"], lifted=data["state"] == "active"),
    )


def _note(gateway: Gateway, session: ClientSession, withdrawal: Withdrawal) -> None:
    gateway.within(session).note_withdrawal(NoteWithdrawal(withdrawal, noted_at=utc_now()))


CONSUMERS = [
    Consumer("payment.completed.v1", "billing", PaymentCompletedReading(), handle_many=_recorded(payment), money=True),
    Consumer("payment.failed.v1", "billing", PaymentFailedReading(), handle_many=_recorded(payment), money=True),
    Consumer("payment.refunded.v1", "billing", PaymentRefundedReading(), handle_many=_recorded(payment), money=True),
    Consumer(
        "application.submitted.v1", "certificates", ApplicationSubmittedReading(), handle_many=_recorded(submission)
    ),
    Consumer("application.decided.v1", "certificates", ApplicationDecidedReading(), handle_many=_recorded(decision)),
    *(
        Consumer(f"application.{moved}.v1", "certificates", reading, handle_many=_recorded(move))
        for moved, reading in (
            ("resubmitted", ApplicationResubmittedReading()),
            ("withdrawn", ApplicationWithdrawnReading()),
            ("expired", ApplicationExpiredReading()),
        )
    ),
    Consumer("certificate.issued.v1", "certificates", CertificateIssuedReading(), handle_many=_recorded(issue)),
    Consumer("opening.submitted.v1", "kiosk-registry", OpeningSubmittedReading(), handle_many=_recorded(opening)),
    Consumer("opening.moved.v1", "kiosk-registry", OpeningMovedReading(), handle_many=_recorded(opening)),
    *(
        Consumer(event, "revenue-courts", reading, handle_many=_recorded(court_case))
        for event, reading in (
            ("case.filed.v1", CaseFiledReading()),
            ("case.registered.v1", CaseRegisteredReading()),
            ("hearing.scheduled.v1", HearingScheduledReading()),
            ("order.passed.v1", OrderPassedReading()),
            ("case.disposed.v1", CaseDisposedReading()),
        )
    ),
    Consumer("kiosk.approved.v1", "kiosk-registry", KioskApprovedReading(), handle_many=record_providers),
    Consumer(
        "certificate.revoked.v1",
        "certificates",
        CertificateRevokedReading(),
        handle_many=_recorded(end_of_certificate),
        takes=is_no_superseding,
    ),
    Consumer(
        "certificate.superseded.v1",
        "certificates",
        CertificateSupersededReading(),
        handle_many=_recorded(end_of_certificate),
    ),
    # A suspension that comes late must not undo the reinstatement after it.
    *(
        Consumer(f"kiosk.{change}.v1", "kiosk-registry", reading, handle, order=Order.LATEST)
        for change, reading, handle in (
            ("suspended", KioskSuspendedReading(), _noted(Why.CENTRE_SUSPENDED)),
            ("reinstated", KioskReinstatedReading(), _noted(Why.CENTRE_SUSPENDED, lifted=True)),
            ("closed", KioskClosedReading(), _noted(Why.CENTRE_CLOSED)),
        )
    ),
    Consumer("right.changed.v1", "identity", RightChangedReading(), note_right, order=Order.LATEST),
    Consumer("client.revoked.v1", "identity", ClientRevokedReading(), _noted(Why.CLIENT_REVOKED)),
    Consumer("grant.revoked.v1", "identity", GrantRevokedReading(), _noted(Why.SIGN_IN_ENDED)),
    Consumer("token.revoked.v1", "identity", TokenRevokedReading(), _noted(Why.TOKEN_REVOKED)),
    Consumer("assistance.disputed.v1", "identity", AssistanceDisputedReading(), _noted(Why.ASSISTANCE_ENDED)),
    Consumer("assistance.withdrawn.v1", "identity", AssistanceWithdrawnReading(), _noted(Why.ASSISTANCE_ENDED)),
    *personal.erasure_consumers(),
]
