"""Filing a case and following it, by whoever filed it."""

from typing import Any

from revenue_courts.application.begin_case import BeginCase
from revenue_courts.application.errors import ActNotPossible, CourtCaseNotFound, FilingNotComplete, NotOfThisCourt
from revenue_courts.application.move_case import MoveCase
from revenue_courts.bootstrap import RevenueCourts
from revenue_courts.domain.case import Act
from revenue_courts.domain.filing import Filing, Guardian, Paper, Parcel, Party
from revenue_courts.entrypoints.http import case_schemas as schemas
from revenue_courts.entrypoints.http import case_views as views
from revenue_courts.entrypoints.http.blueprint import (
    FILE,
    FILERS,
    KEY_RETENTION_DAYS,
    PREFIX,
    READ,
    READERS,
    WithHeaders,
    blueprint,
    viewer,
)
from servicekit.acts import ActNotAgreed, ActUsedUp, permit_act
from servicekit.http import (
    application,
    caller,
    cursor,
    etag,
    idempotency_claim,
    mark_replayed,
    precondition,
    request_id,
)
from servicekit.ids import event_id, public_id, transaction_token
from servicekit.instants import utc_now

CASE_ID = {
    "in": "path",
    "name": "court_case_id",
    "description": "From the answer to POST /v1/revenue-courts/cases.",
    "example": "rcs_01a2117a73e07c0fa29ee9f787e4850a",
}

# What somebody agrees to (ADR 0057): a case of one kind; later acts in one case.
FILING, ANSWER = "case-filing", "case-answer"


@blueprint.route(f"{PREFIX}/cases", methods=["POST"])
@blueprint.requires(FILE, roles=FILERS)
@blueprint.keyed("begin-court-case", retention_days=KEY_RETENTION_DAYS)
@blueprint.raises(ActNotAgreed, ActUsedUp)
@blueprint.arguments(schemas.FilingSchema, example=schemas.FILING_EXAMPLE)
@blueprint.response(201, schemas.CourtCaseSchema, headers=["Location", "ETag"])
def begin_court_case(body: dict[str, Any]) -> WithHeaders:
    """Begin a case, as a draft.

    It goes to the court when it is submitted; until then it may lack nearly everything, and nobody else sees it.
    """
    agreed_once = permit_act(caller().agreement, FILING, about={body["kind_code"]})
    once = application(RevenueCourts).begin_case(
        BeginCase(
            case_id=public_id("rcs"),
            transaction_token=transaction_token(),
            filing=_filing(body),
            viewer=viewer(),
            client_id=caller().client_id,
            kiosk_id=caller().kiosk_id,
            person_id=caller().citizen_id,
            assistance_id=caller().assistance_id,
            agreed_once=agreed_once,
            at=utc_now(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return case_now(once.value)


@blueprint.route(f"{PREFIX}/cases")
@blueprint.requires(READ, roles=READERS)
@blueprint.arguments(schemas.CourtCaseQuerySchema, location="query")
@blueprint.response(200, schemas.CourtCasesSchema)
def list_court_cases(query: dict[str, Any]) -> dict[str, Any]:
    """Cases, the youngest first.

    A citizen gets their own, a centre what was filed there, an officer those of the own districts; drafts are for who
    made them. What is held in camera is for who filed it, and for its court's officers when they name the court.
    """
    services = application(RevenueCourts)
    cases, following = services.cases.page(
        viewer(),
        role=caller().role,
        after=cursor().decode(query["cursor"])["id"] if "cursor" in query else None,
        limit=query["limit"],
        state=query.get("state"),
        court_code=query.get("court_code"),
    )
    items = [views.summary(case, services.codes) for case in cases]
    return {"items": items, "next": None if following is None else cursor().encode({"id": following})}


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>", parameters=[CASE_ID])
@blueprint.requires(READ, roles=READERS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound)
@blueprint.response(200, schemas.CourtCaseSchema)
def get_court_case(court_case_id: str) -> WithHeaders:
    """A case as it is now.

    With what was filed and all that happened; the ETag is its version.
    """
    answer, _, headers = case_now(court_case_id)
    return answer, 200, {"ETag": headers["ETag"]}


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/filings", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(FILE, roles=FILERS)
@blueprint.keyed("revise-court-case", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, ActNotAgreed)
@blueprint.arguments(schemas.FilingSchema, example=schemas.FILING_EXAMPLE)
@blueprint.response(201, schemas.CourtCaseSchema, headers=["Location"])
def revise_court_case(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Change what is filed, whole.

    While it is a draft, or to cure defects.
    """
    _permit(court_case_id)
    return moved(court_case_id, Act.REVISE, filing=_filing(body))


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/submissions", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(FILE, roles=FILERS)
@blueprint.keyed("submit-court-case", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, FilingNotComplete, ActNotAgreed)
@blueprint.response(201, schemas.CourtCaseSchema, headers=["Location"])
def submit_court_case(court_case_id: str) -> WithHeaders:
    """Submit a case to its court, the first time or cured.

    No fee is demanded while the court fee is unset; the answer says so.
    """
    _permit(court_case_id)
    return moved(court_case_id, Act.SUBMIT)


@blueprint.route("/v1/internal/transactions/<string:token>")
@blueprint.internal()
@blueprint.raises(CourtCaseNotFound)
@blueprint.response(200, schemas.CourtTransactionSchema)
def get_court_transaction(token: str) -> dict[str, Any]:
    """What a transaction token stands for here.

    The gateway checks the owner.
    """
    return views.transaction(*application(RevenueCourts).cases.transaction(token))


def moved(court_case_id: str, act: Act, **members: Any) -> WithHeaders:
    """Does the act; the answer is 201 with the case as it is now."""
    once = application(RevenueCourts).move_case(
        MoveCase(
            case_id=court_case_id,
            viewer=viewer(),
            act=act,
            precondition=precondition(),
            event_ids=(event_id(), event_id()),
            record_event_ids=(event_id(), event_id()),
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
            **members,
        )
    )
    mark_replayed(once.replayed)
    return case_now(once.value)


def case_now(court_case_id: str) -> WithHeaders:
    """201 with the case as it is now."""
    services = application(RevenueCourts)
    case, lines = services.cases.get(court_case_id, viewer())
    headers = {"ETag": etag(case.version), "Location": f"{PREFIX}/cases/{case.id}"}
    return views.details(case, lines, services.codes), 201, headers


def _permit(court_case_id: str) -> None:
    """Who began the case by a consent goes on under it; later, and for another's case, it takes a consent to that."""
    agreement = caller().agreement
    if agreement is None:
        return
    case, _ = application(RevenueCourts).cases.get(court_case_id, viewer())
    if case.assistance_id != agreement.assistance_id:
        permit_act(agreement, ANSWER, about={court_case_id})


def _filing(body: dict[str, Any]) -> Filing:
    return Filing(
        **{
            **body,
            "parties": tuple(
                Party(**{**party, "guardian": Guardian(**party["guardian"]) if party["guardian"] else None})
                for party in body["parties"]
            ),
            "land": tuple(Parcel(**{**parcel, "khasras": tuple(parcel["khasras"])}) for parcel in body["land"]),
            "reliefs": tuple(body["reliefs"]),
            "papers": tuple(Paper(**paper) for paper in body["papers"]),
        }
    )
