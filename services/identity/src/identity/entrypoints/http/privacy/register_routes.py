"""What services answer to an erasure, and the register of breaches, for the data protection officer."""

from typing import Any

from identity.application.privacy.answer_erasure import AnswerErasure
from identity.application.privacy.errors import (
    AnswerNotGranted,
    BreachNotFound,
    ErasureBegun,
    ErasureNotFound,
    InvalidAnswer,
    InvalidBreach,
    PersonNeeded,
)
from identity.application.privacy.record_breach import RecordBreach
from identity.application.privacy.record_intimation import RecordIntimation
from identity.bootstrap import Identity
from identity.domain.privacy.breaches import Affected, Breach, Intimation, Nature, Selection
from identity.domain.privacy.erasures import Hold
from identity.domain.privacy.notices import Words
from identity.entrypoints.http.privacy import schemas, views
from identity.entrypoints.http.privacy.register_schemas import (
    BreachesSchema,
    BreachRequestSchema,
    BreachSchema,
    IntimationRequestSchema,
)
from servicekit.http import Blueprint, Role, application, caller, idempotency_claim, mark_replayed
from servicekit.ids import public_id
from servicekit.instants import utc_now

KEY_RETENTION_DAYS = 7
_BREACHES = "privacy:breaches"
_PROTECTION = [Role.MACHINE, Role.OFFICER, Role.STATE_ADMIN]
_ERASURE_ID = {
    "in": "path",
    "name": "erasure_id",
    "description": "From erasure.requested.v1.",
    "example": "era_01930a6c5e8b7d3f9a41c2e07b6d8f10",
}
_BREACH_ID = {
    "in": "path",
    "name": "breach_id",
    "description": "From the register.",
    "example": "brc_01930a6c5e8b7d3f9a41c2e07b6d8f10",
}

register = Blueprint("privacy-register", description="Erasures that services answer; the register of breaches.")


@register.route("/v1/privacy/erasures/<string:erasure_id>/answers", methods=["POST"], parameters=[_ERASURE_ID])
@register.requires("privacy:answers", roles=[Role.MACHINE])
@register.repeatable("an answer takes the place of the same service's last one")
@register.raises(AnswerNotGranted, InvalidAnswer, ErasureNotFound, ErasureBegun)
@register.arguments(schemas.AnswerRequestSchema)
@register.response(200, schemas.ErasureSchema)
def answer_erasure(body: dict[str, Any], erasure_id: str) -> dict[str, Any]:
    """Say what holds an erasure back

    All that the service has against it, each time; nothing is an empty list. The token needs the scope
    `erasure-answer:SERVICE` too. The person is shown reason, law, since when and until when.
    """
    identity, at = application(Identity), utc_now()
    request = identity.privacy.answer_erasure(
        AnswerErasure(
            erasure_id=erasure_id,
            service=body["service"],
            holds=tuple(Hold(**hold) for hold in body["holds"]),
            keeps=tuple(body["keeps"]),
            scopes=caller().scopes,
            at=at,
        )
    )
    return views.erasure(identity, request, at)


@register.route("/v1/privacy/breaches", methods=["POST"])
@register.requires(_BREACHES, roles=_PROTECTION)
@register.keyed("record-breach", retention_days=KEY_RETENTION_DAYS)
@register.raises(PersonNeeded, InvalidBreach)
@register.arguments(BreachRequestSchema)
@register.response(201, BreachSchema)
def record_breach(body: dict[str, Any]) -> dict[str, Any]:
    """Enter a breach

    Everybody affected is told at once, in the person's own account. The Board must have the details within 72 hours.
    """
    person = caller().person
    if person is None:
        raise PersonNeeded("An entry is somebody's word: use the token of an officer.")
    identity, at = application(Identity), utc_now()
    texts: dict[str, Any] = {name: Words(**body.pop(name)) for name in views.BREACH_TEXTS}
    chosen = body.pop("selection")
    once = identity.privacy.record_breach(
        RecordBreach(
            breach=Breach(
                id=public_id("brc"),
                nature=Nature(body.pop("nature")),
                selection=Selection(affected=Affected(chosen["affected"]), value=chosen["value"]),
                recorded_by=person.id,
                recorded_at=at,
                **texts,
                **body,
            ),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return _shown(identity.privacy.breaches.get(once.value))


@register.route("/v1/privacy/breaches")
@register.requires(_BREACHES, roles=_PROTECTION)
@register.response(200, BreachesSchema)
def list_breaches() -> dict[str, Any]:
    """Look at the register

    The newest first, with what is due.
    """
    return {"items": [_shown(breach) for breach in application(Identity).privacy.breaches.all()]}


@register.route("/v1/privacy/breaches/<string:breach_id>", parameters=[_BREACH_ID])
@register.requires(_BREACHES, roles=_PROTECTION)
@register.raises(BreachNotFound)
@register.response(200, BreachSchema)
def get_breach(breach_id: str) -> dict[str, Any]:
    """Look at an entry

    With what is due and what was done.
    """
    return _shown(application(Identity).privacy.breaches.get(breach_id))


@register.route("/v1/privacy/breaches/<string:breach_id>/intimations", methods=["POST"], parameters=[_BREACH_ID])
@register.requires(_BREACHES, roles=_PROTECTION)
@register.repeatable("the first word of each kind counts")
@register.raises(BreachNotFound)
@register.arguments(IntimationRequestSchema)
@register.response(200, BreachSchema)
def record_intimation(body: dict[str, Any], breach_id: str) -> dict[str, Any]:
    """Note what the Board was told

    First, in detail, or that it allowed more time; the alarm ends with the details.
    """
    command = RecordIntimation(breach_id=breach_id, what=Intimation(body["what"]), at=body["at"])
    return _shown(application(Identity).privacy.record_intimation(command))


def _shown(breach: Breach) -> dict[str, Any]:
    at = utc_now()
    selection = {"affected": breach.selection.affected.value, "value": breach.selection.value}
    return {
        **vars(breach),
        "breach_id": breach.id,
        "nature": breach.nature.value,
        "selection": selection,
        "detailed_due_at": breach.detailed_due_at,
        "overdue": breach.is_overdue(at),
    }
