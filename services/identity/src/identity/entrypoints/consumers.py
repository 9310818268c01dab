"""Identity's table of events: who may act for centres, by the register; what assistances did, by the gateway."""

from collections.abc import Callable
from typing import Any

import structlog
from marshmallow import EXCLUDE, Schema, fields
from pymongo.client_session import ClientSession

from identity.application.centres.approve_centre import ApproveCentre
from identity.application.centres.note_standing import NoteStanding
from identity.application.privacy.answer_erasure import AnswerErasure
from identity.application.privacy.errors import ErasureBegun, ErasureNotFound
from identity.bootstrap import Identity
from identity.domain.centres.centre import Centre, Standing
from identity.domain.privacy.erasures import Hold
from identity.entrypoints.assistance_events import note_act
from servicekit.events import Consumer, Order, ReceivedEvent
from servicekit.instants import utc_now

_log = structlog.get_logger(__name__)


class _Reading(Schema):
    class Meta:
        unknown = EXCLUDE


class KioskApprovedReading(_Reading):
    """What identity reads of kiosk.approved.v1."""

    kiosk_id = fields.String(required=True)
    operator_person_id = fields.String(required=True, allow_none=True)
    operator_notice_ref = fields.String(load_default=None, allow_none=True)
    approved_at = fields.AwareDateTime(required=True, format="iso")


class _StandingReading(_Reading):
    kiosk_id = fields.String(required=True)
    reason = fields.String(required=True)


class KioskSuspendedReading(_StandingReading):
    """What identity reads of kiosk.suspended.v1."""

    since = fields.AwareDateTime(required=True, format="iso", data_key="suspended_at")
    until = fields.AwareDateTime(required=True, allow_none=True, format="iso", data_key="suspended_until")


class KioskReinstatedReading(_StandingReading):
    """What identity reads of kiosk.reinstated.v1."""

    since = fields.AwareDateTime(required=True, format="iso", data_key="reinstated_at")


class KioskClosedReading(_StandingReading):
    """What identity reads of kiosk.closed.v1."""

    since = fields.AwareDateTime(required=True, format="iso", data_key="closed_at")


class HoldReading(_Reading):
    """One thing that a service has against an erasure."""

    reason = fields.String(required=True)
    subject = fields.String(required=True)
    since = fields.AwareDateTime(required=True, format="iso")
    until = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class AnsweredReading(_Reading):
    """What identity reads of a service's answer to an erasure."""

    erasure_id = fields.String(required=True)
    holds = fields.List(fields.Nested(HoldReading), required=True)
    keeps = fields.List(fields.String(), required=True)
    answered_at = fields.AwareDateTime(required=True, format="iso")


class ActPerformedReading(_Reading):
    """What identity reads of act.performed.v1."""

    act_id = fields.String(required=True)
    assistance_id = fields.String(required=True)
    method = fields.String(required=True)
    route = fields.String(required=True)
    outcome = fields.String(required=True)
    performed_at = fields.AwareDateTime(required=True)


def approve_centre(identity: Identity, event: ReceivedEvent, session: ClientSession) -> None:
    """An approved centre gets its client, and its operator the right to act for it."""
    data: dict[str, Any] = event.data
    why_not = identity.within(session, event.request_id, event.id).approve_centre(
        ApproveCentre(**data, by=event.id, at=utc_now())
    )
    if why_not:
        # For people: `identity grant-right` puts it right.
        _log.warning("operator_has_no_right", kiosk_id=data["kiosk_id"], reason=why_not)


def notes(standing: Standing) -> Callable[[Identity, ReceivedEvent, ClientSession], None]:
    """A centre's standing is from now on this one."""

    def note_standing(identity: Identity, event: ReceivedEvent, session: ClientSession) -> None:
        identity.within(session, event.request_id, event.id).note_standing(
            NoteStanding(centre=Centre(standing=standing, **event.data), by=event.id, at=utc_now())
        )

    return note_standing


def answers(service: str) -> Callable[[Identity, ReceivedEvent, ClientSession], None]:
    """A service's word on an erasure; the exchange says whose word it is.

    A reason that is not listed here yet fails, and is tried again: until it is understood the erasure waits.
    """

    def answer_erasure(identity: Identity, event: ReceivedEvent, session: ClientSession) -> None:
        data: dict[str, Any] = event.data
        try:
            identity.within(session, event.request_id, event.id).answer_erasure(
                AnswerErasure(
                    erasure_id=data["erasure_id"],
                    service=service,
                    holds=tuple(Hold(**hold) for hold in data["holds"]),
                    keeps=tuple(data["keeps"]),
                    scopes=frozenset({f"erasure-answer:{service}"}),
                    at=data["answered_at"],
                )
            )
        except (ErasureBegun, ErasureNotFound) as error:
            _log.info("answer_too_late", erasure_id=data["erasure_id"], service=service, reason=error.slug)

    return answer_erasure


CONSUMERS = [
    Consumer("kiosk.approved.v1", "kiosk-registry", KioskApprovedReading(), approve_centre),
    # A suspension that comes late must not undo the reinstatement after it.
    *(
        Consumer(f"kiosk.{change}.v1", "kiosk-registry", reading, notes(standing), order=Order.LATEST)
        for change, reading, standing in (
            ("suspended", KioskSuspendedReading(), Standing.SUSPENDED),
            ("reinstated", KioskReinstatedReading(), Standing.OPEN),
            ("closed", KioskClosedReading(), Standing.CLOSED),
        )
    ),
    *(
        Consumer(f"{word}.answered.v1", service, AnsweredReading(), answers(service), order=Order.LATEST)
        for word, service in (
            ("billing", "billing"),
            ("certificates", "certificates"),
            ("gateway", "gateway"),
            ("registry", "kiosk-registry"),
        )
    ),
    Consumer("act.performed.v1", "gateway", ActPerformedReading(), handle=note_act),
]
