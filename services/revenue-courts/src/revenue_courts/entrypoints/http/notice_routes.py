"""Calling the parties: notices, what became of them, and the parties who follow their case by one."""

import secrets
from typing import Any

from revenue_courts.application.errors import ActDoesNotFit, ActNotPossible, CourtCaseNotFound, NotOfThisCourt
from revenue_courts.application.join_case import JoinCase
from revenue_courts.bootstrap import RevenueCourts
from revenue_courts.domain.case import Act
from revenue_courts.domain.notice import NoticeOrder, ServiceReport
from revenue_courts.entrypoints.http import case_views as views
from revenue_courts.entrypoints.http import notice_schemas as schemas
from revenue_courts.entrypoints.http.blueprint import (
    ACT,
    FILE,
    KEY_RETENTION_DAYS,
    PREFIX,
    READ,
    READERS,
    WithHeaders,
    blueprint,
    viewer,
)
from revenue_courts.entrypoints.http.case_routes import ANSWER, CASE_ID, case_now, moved
from revenue_courts.entrypoints.http.case_schemas import CourtCaseSchema
from revenue_courts.entrypoints.http.officer_routes import known_code
from servicekit.acts import ActNotAgreed, permit_act
from servicekit.http import Role, application, caller, idempotency_claim, mark_replayed, request_id
from servicekit.ids import event_id
from servicekit.instants import utc_now

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/notices", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.keyed("issue-court-notices", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, ActDoesNotFit)
@blueprint.arguments(schemas.NoticesRequestSchema, example=schemas.NOTICES_EXAMPLE)
@blueprint.response(201, CourtCaseSchema, headers=["Location"])
def issue_court_notices(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Call parties to the hearing that is set.

    One notice for each, to the address in the filing; or one sent again, to another address or another way. GET
    …/notices has what is to be printed. By the reader or the presiding officer.
    """
    parties = tuple(dict.fromkeys(body["parties"]))
    order = NoticeOrder(
        kind=body["kind"],
        mode=body["mode"],
        parties=parties,
        codes=tuple(_secret() for _ in parties),
        address=body["address"],
        instead_of=body["instead_of"],
    )
    return moved(court_case_id, Act.ISSUE_NOTICES, matter=order, text=body["text"])


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/notice-services", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.keyed("record-notice-service", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, ActDoesNotFit)
@blueprint.arguments(schemas.NoticeServiceSchema, example=schemas.SERVICE_EXAMPLE)
@blueprint.response(201, CourtCaseSchema, headers=["Location"])
def record_notice_service(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Report what became of a notice.

    A process server gives the position and the hash of a photograph. By the process server, the reader or the
    presiding officer, who alone may declare a notice served that was refused or came back.
    """
    known_code(body["outcome"], application(RevenueCourts).codes.services, "/outcome")
    report = ServiceReport(**{name: value for name, value in body.items() if name != "text"})
    return moved(court_case_id, Act.RECORD_SERVICE, matter=report, code=report.outcome, text=body["text"])


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/notices", parameters=[CASE_ID])
@blueprint.requires(READ, roles=READERS)
@blueprint.raises(CourtCaseNotFound)
@blueprint.response(200, schemas.CourtNoticesSchema)
def list_court_notices(court_case_id: str) -> dict[str, Any]:
    """The notices of a case, and what became of each.

    For those whom the case concerns; the code that is printed on a notice is for the court alone.
    """
    services = application(RevenueCourts)
    case, notices, with_code = services.cases.notices(court_case_id, viewer())
    items = [views.notice(notice, case, services.codes, with_code=with_code) for notice in notices]
    return {"items": items, "next": None}


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/hearings", parameters=[CASE_ID])
@blueprint.requires(READ, roles=READERS)
@blueprint.raises(CourtCaseNotFound)
@blueprint.response(200, schemas.CourtHearingsSchema)
def list_court_hearings(court_case_id: str) -> dict[str, Any]:
    """The hearings of a case, the first one first.

    Each says which parties were called to it, and whom the call reached.
    """
    services = application(RevenueCourts)
    _, hearings = services.cases.hearings(court_case_id, viewer())
    return {"items": [views.hearing(hearing, services.codes) for hearing in hearings], "next": None}


@blueprint.route(f"{PREFIX}/case-joins", methods=["POST"])
@blueprint.requires(FILE, roles=[Role.CITIZEN])
@blueprint.keyed("join-court-case", retention_days=KEY_RETENTION_DAYS)
@blueprint.raises(CourtCaseNotFound, ActNotPossible, ActDoesNotFit, ActNotAgreed)
@blueprint.arguments(schemas.CaseJoinSchema, example=schemas.JOIN_EXAMPLE)
@blueprint.response(201, CourtCaseSchema, headers=["Location", "ETag"])
def join_court_case(body: dict[str, Any]) -> WithHeaders:
    """Follow a case as a party to it.

    By the number and the code on the notice, which serves one person. Whoever joined sees the case as who filed it
    does; they do nothing in it.
    """
    permit_act(caller().agreement, ANSWER, about={body["number"]})
    once = application(RevenueCourts).join_case(
        JoinCase(
            number=body["number"],
            code=body["code"],
            person_id=caller().citizen_id or viewer().id,
            event_ids=(event_id(), event_id()),
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return case_now(once.value)


def _secret() -> str:
    """As it is printed: four groups of four."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
