"""Recoveries: a centre opens one, an officer decides it, the old number's owner can stop it."""

from typing import Any

from flask import Response, request

from identity.application.recovery.decide_recovery import DecideRecovery
from identity.application.recovery.errors import (
    InvalidRecovery,
    NotForThisOfficer,
    RecoveryDecided,
    RecoveryNotFound,
    RecoveryNotSetUp,
    RecoveryRunning,
)
from identity.application.recovery.open_recovery import OpenRecovery
from identity.application.recovery.stop_recovery import StopRecovery
from identity.bootstrap import Identity
from identity.domain.recovery.recovery import By, Recovery, new_stop_code
from identity.entrypoints.http.recovery.schemas import RecoveryRequestSchema, RecoverySchema, StopFormSchema
from identity.entrypoints.http.sign_in.browser import HTML
from identity.entrypoints.http.sign_in.pages import problem_page, stop_page
from servicekit.access import COUNTER, Role
from servicekit.http import Blueprint, application, caller
from servicekit.ids import public_id
from servicekit.instants import utc_now

STOP_PATH = "/v1/oauth2/recovery-stop"
_PAGE = {"type": "string"}
_DECIDE = [Role.OFFICER, Role.DISTRICT_ADMIN, Role.STATE_ADMIN]
_ID = {
    "in": "path",
    "name": "recovery_id",
    "description": "The recovery.",
    "example": "rcv_01930a6c5e8b7d3f9a41c2e07b6d8f10",
}

recoveries = Blueprint("recoveries", description="A new number for who has lost theirs, at a centre, with an officer.")


@recoveries.route("/v1/recoveries", methods=["POST"])
@recoveries.requires("recoveries:open", roles=[*COUNTER, Role.MACHINE])
@recoveries.repeatable("for one old number one recovery runs; a repeat gives that one")
@recoveries.raises(InvalidRecovery, RecoveryRunning, RecoveryNotSetUp)
@recoveries.arguments(RecoveryRequestSchema)
@recoveries.response(200, RecoverySchema)
def open_recovery(body: dict[str, Any]) -> dict[str, Any]:
    """Open a recovery for somebody at a centre

    The old number is told at once, with a code that stops it. Whether anybody has the number is not told.
    """
    return _shown(
        application(Identity).open_recovery(
            OpenRecovery(recovery_id=public_id("rcv"), stop_code=new_stop_code(), **body, by=_by(), at=utc_now())
        )
    )


@recoveries.route("/v1/recoveries/<string:recovery_id>", parameters=[_ID])
@recoveries.requires("recoveries:decide", roles=_DECIDE)
@recoveries.raises(RecoveryNotFound)
@recoveries.response(200, RecoverySchema)
def show_recovery(recovery_id: str) -> dict[str, Any]:
    """Look at a recovery

    How far it is, and from when on the new number counts. No whole number is shown.
    """
    return _shown(application(Identity).decide_recovery.read(recovery_id))


@recoveries.route("/v1/recoveries/<string:recovery_id>/approval", methods=["POST"], parameters=[_ID])
@recoveries.requires("recoveries:decide", roles=_DECIDE)
@recoveries.repeatable("the same officer's approval again changes nothing")
@recoveries.raises(RecoveryNotFound, NotForThisOfficer, RecoveryDecided, RecoveryNotSetUp)
@recoveries.response(200, RecoverySchema)
def approve_recovery(recovery_id: str) -> dict[str, Any]:
    """Approve a recovery

    By an officer who neither opened it nor gets the new number. After the waiting time the new number counts.
    """
    return _decided(recovery_id, approves=True)


@recoveries.route("/v1/recoveries/<string:recovery_id>/refusal", methods=["POST"], parameters=[_ID])
@recoveries.requires("recoveries:decide", roles=_DECIDE)
@recoveries.repeatable("the same officer's refusal again changes nothing")
@recoveries.raises(RecoveryNotFound, NotForThisOfficer, RecoveryDecided)
@recoveries.response(200, RecoverySchema)
def refuse_recovery(recovery_id: str) -> dict[str, Any]:
    """Refuse a recovery

    By an officer who neither opened it nor gets the new number. Another one can be opened then.
    """
    return _decided(recovery_id, approves=False)


@recoveries.route(STOP_PATH, methods=["GET"])
@recoveries.public("a page for whoever got the notice; the code in it is the proof")
@recoveries.response(200, _PAGE, content_type=HTML, description="The page that asks for the code.")
def ask_stop_code() -> Response:
    """Open the page on which the owner of the old number stops a recovery

    The notice that the old number got names this page and has the code for it.
    """
    return stop_page(done=False)


@recoveries.route(STOP_PATH, methods=["POST"])
@recoveries.public("a page for whoever got the notice; the code in it is the proof")
@recoveries.repeatable("what is stopped stays stopped")
@recoveries.raises(RecoveryNotFound)
@recoveries.arguments(StopFormSchema, location="form")
@recoveries.response(200, _PAGE, content_type=HTML, description="The page that says that it is stopped.")
def stop_recovery(form: dict[str, str]) -> Response:
    """Stop a recovery, by the code of the notice

    It needs no other proof. What was stopped does not go on; problems are pages where the browser asks for text/html.
    """
    application(Identity).stop_recovery(StopRecovery(code=form["code"]))
    return stop_page(done=True)


@recoveries.after_request
def _shown_to_people(response: Response) -> Response:
    """A problem of the page as a page."""
    wants_page = request.accept_mimetypes.best_match(["application/problem+json", HTML]) == HTML
    if request.path != STOP_PATH or response.status_code < 400 or not response.is_json or not wants_page:
        return response
    problem: dict[str, Any] = response.get_json()
    if problem["code"] == RecoveryNotFound.slug:
        return stop_page(done=False, status=response.status_code, problem=problem)
    return problem_page(response.status_code, problem)


def _decided(recovery_id: str, *, approves: bool) -> dict[str, Any]:
    command = DecideRecovery(recovery_id=recovery_id, approves=approves, by=_by(), at=utc_now())
    return _shown(application(Identity).decide_recovery(command))


def _by() -> By:
    known = caller()
    return By(client_id=known.client_id, kiosk_id=known.kiosk_id, person_id=known.person.id if known.person else None)


def _shown(recovery: Recovery) -> dict[str, Any]:
    return {
        "recovery_id": recovery.id,
        "state": recovery.state,
        "old_mobile": recovery.old_shown,
        "new_mobile": recovery.new_shown,
        "resets_factors": recovery.resets_factors,
        "notified": recovery.notified,
        "opened_at": recovery.opened_at,
        "decided_at": recovery.decided_at,
        "effective_at": recovery.effective_at,
    }
