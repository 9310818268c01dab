"""What the reader and the presiding officer of a court do with a case."""

from collections.abc import Mapping
from typing import Any

from revenue_courts.application.errors import (
    ActDoesNotFit,
    ActNotPossible,
    CourtCaseNotFound,
    DayNotPossible,
    NotOfThisCourt,
)
from revenue_courts.bootstrap import RevenueCourts
from revenue_courts.domain.case import Act, Defect
from revenue_courts.domain.deed import Transfer
from revenue_courts.domain.evidence import Offered
from revenue_courts.entrypoints.http import case_schemas as schemas
from revenue_courts.entrypoints.http.blueprint import ACT, KEY_RETENTION_DAYS, PREFIX, WithHeaders, blueprint
from revenue_courts.entrypoints.http.case_routes import CASE_ID, moved
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.http import Role, application

_ORDERS = {
    "interim": Act.PASS_INTERIM_ORDER,
    "reserve": Act.RESERVE,
    "final": Act.DISPOSE,
    "decree": Act.DRAW_DECREE,
    "in-camera": Act.HOLD_IN_CAMERA,
    "in-public": Act.HOLD_IN_PUBLIC,
}


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/scrutinies", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.keyed("scrutinise-court-case", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, DayNotPossible)
@blueprint.arguments(schemas.ScrutinySchema, example=schemas.SCRUTINY_EXAMPLE)
@blueprint.response(201, schemas.CourtCaseSchema, headers=["Location"])
def scrutinise_court_case(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Register what was submitted, or send it back with defects.

    The number is by court, kind and year, without gaps. By the reader or the presiding officer.
    """
    if body["decision"] == "register":
        return moved(court_case_id, Act.REGISTER)
    for place, defect in enumerate(body["defects"]):
        known_code(defect["code"], application(RevenueCourts).codes.defects, f"/defects/{place}/code")
    defects = tuple(Defect(**defect) for defect in body["defects"])
    return moved(court_case_id, Act.RAISE_DEFECTS, defects=defects, cure_by=body["cure_by"], day_at="/cure_by")


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/hearings", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.keyed("set-court-hearing", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, DayNotPossible)
@blueprint.arguments(schemas.NextHearingSchema, example=schemas.HEARING_EXAMPLE)
@blueprint.response(201, schemas.CourtCaseSchema, headers=["Location"])
def set_court_hearing(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Set the first hearing, or another one after the judgment was reserved.

    On a day on which the court sits. By the reader or the presiding officer.
    """
    known_code(body["purpose"], application(RevenueCourts).codes.purposes, "/purpose")
    return moved(court_case_id, Act.SCHEDULE, on=body["on"], purpose=body["purpose"], day_at="/on")


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/proceedings", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.keyed("record-court-proceeding", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, DayNotPossible)
@blueprint.arguments(schemas.ProceedingSchema, example=schemas.PROCEEDING_EXAMPLE)
@blueprint.response(201, schemas.CourtCaseSchema, headers=["Location"])
def record_court_proceeding(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Record what happened at the hearing, and set the next date.

    Heard on the day or later; adjourned also before it. By the reader or the presiding officer.
    """
    lists = application(RevenueCourts).codes
    known_code(body["next"]["purpose"], lists.purposes, "/next/purpose")
    if body["reason"] is not None:
        known_code(body["reason"], lists.adjournments, "/reason")
    return moved(
        court_case_id,
        Act.HEAR if body["outcome"] == "heard" else Act.ADJOURN,
        on=body["next"]["on"],
        purpose=body["next"]["purpose"],
        code=body["reason"],
        text=body["text"],
        day_at="/next/on",
    )


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/orders", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.keyed("pass-court-order", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, ActDoesNotFit)
@blueprint.arguments(schemas.CourtOrderSchema, example=schemas.ORDER_EXAMPLE)
@blueprint.response(201, schemas.CourtCaseSchema, headers=["Location"])
def pass_court_order(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Pass an interim order, reserve the judgment, give it, or draw up the decree.

    Or hear the case in camera, or in public again. A final order disposes of the case, and what was listed falls away;
    a decree follows it in a suit. By the presiding officer alone.
    """
    if body["disposal"] is not None:
        known_code(body["disposal"], application(RevenueCourts).codes.disposals, "/disposal")
    return moved(court_case_id, _ORDERS[body["kind"]], code=body["disposal"], text=body["text"])


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/evidence", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.keyed("take-court-evidence", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, ActDoesNotFit)
@blueprint.arguments(schemas.CaseEvidenceRequestSchema, example=schemas.EVIDENCE_EXAMPLE)
@blueprint.response(201, schemas.CourtCaseSchema, headers=["Location"])
def take_court_evidence(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Record a witness or a document.

    At a hearing for evidence, on its day or later; it gets the next mark of its side. By the reader or the presiding
    officer.
    """
    return moved(court_case_id, Act.TAKE_EVIDENCE, matter=Offered(**body))


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/transfers", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.keyed("transfer-court-case", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, ActDoesNotFit)
@blueprint.arguments(schemas.TransferRequestSchema, example=schemas.TRANSFER_EXAMPLE)
@blueprint.response(201, schemas.CourtCaseSchema, headers=["Location"])
def transfer_court_case(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Transfer the case to another court.

    It goes with all that is recorded and gets that court's next number; it is found by the old one too. What was
    listed falls away. By the presiding officer of the court that it leaves.
    """
    return moved(court_case_id, Act.TRANSFER, matter=Transfer(court_code=body["court_code"]), text=body["text"])


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/restorations", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.keyed("restore-court-case", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, DayNotPossible)
@blueprint.arguments(schemas.RestorationRequestSchema, example=schemas.RESTORATION_EXAMPLE)
@blueprint.response(201, schemas.CourtCaseSchema, headers=["Location"])
def restore_court_case(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Restore a case that was dismissed because nobody appeared.

    It goes on under its number, with a hearing. By the presiding officer alone.
    """
    following = body["next"]
    known_code(following["purpose"], application(RevenueCourts).codes.purposes, "/next/purpose")
    return moved(
        court_case_id,
        Act.RESTORE,
        on=following["on"],
        purpose=following["purpose"],
        text=body["text"],
        day_at="/next/on",
    )


def known_code(code: str, texts: Mapping[str, object], pointer: str) -> None:
    """Raises ValidationFailed for a code that is not of its list."""
    if code not in texts:
        names = ", ".join(texts)
        problem = FieldProblem(pointer, "unknown", f"Must be one of: {names}.", f"इनमें से एक दें: {names}।")
        raise ValidationFailed("A code is not one of its list.", errors=[problem])
