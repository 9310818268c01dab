"""Advocates in a case: who appears for whom, from when to when."""

from typing import Any

from revenue_courts.application.errors import ActDoesNotFit, ActNotPossible, CourtCaseNotFound, NotOfThisCourt
from revenue_courts.domain.case import Act
from revenue_courts.domain.vakalatnama import Appearance, AppearanceEnd
from revenue_courts.entrypoints.http import advocate_schemas as schemas
from revenue_courts.entrypoints.http.blueprint import ACT, KEY_RETENTION_DAYS, PREFIX, WithHeaders, blueprint
from revenue_courts.entrypoints.http.case_routes import CASE_ID, moved
from revenue_courts.entrypoints.http.case_schemas import CourtCaseSchema
from servicekit.http import Role


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/vakalatnamas", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.keyed("file-vakalatnama", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, ActDoesNotFit)
@blueprint.arguments(schemas.VakalatnamaRequestSchema, example=schemas.VAKALATNAMA_EXAMPLE)
@blueprint.response(201, CourtCaseSchema, headers=["Location"])
def file_vakalatnama(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Record that an advocate appears for parties.

    One advocate appears for one side. By the reader or the presiding officer, from the signed paper.
    """
    appearance = Appearance(**{**body, "parties": tuple(dict.fromkeys(body["parties"]))})
    return moved(court_case_id, Act.APPEAR, matter=appearance)


@blueprint.route(f"{PREFIX}/cases/<string:court_case_id>/vakalatnama-ends", methods=["POST"], parameters=[CASE_ID])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.keyed("end-vakalatnama", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(CourtCaseNotFound, ActNotPossible, NotOfThisCourt, ActDoesNotFit)
@blueprint.arguments(schemas.VakalatnamaEndSchema, example=schemas.VAKALATNAMA_END_EXAMPLE)
@blueprint.response(201, CourtCaseSchema, headers=["Location"])
def end_vakalatnama(body: dict[str, Any], court_case_id: str) -> WithHeaders:
    """Record that an advocate appears no more.

    The vakalatnama stays on the record with its last day. By the reader or the presiding officer.
    """
    end = AppearanceEnd(no=body["no"], ends=body["ends"])
    return moved(court_case_id, Act.END_APPEARANCE, matter=end, text=body["text"])
