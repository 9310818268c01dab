"""What a person sees and decides. The person is that of the token: no address and no body names one."""

from typing import Any

from identity.application.privacy.errors import (
    ConsentNotFound,
    ErasureBegun,
    ErasureNotFound,
    InvalidConsent,
    NoticeChanged,
    NoticeIncomplete,
    NoticeNotFound,
    PersonErased,
    PersonNeeded,
)
from identity.application.privacy.give_consent import GiveConsent
from identity.application.privacy.request_erasure import RequestErasure
from identity.application.privacy.withdraw_consent import WithdrawConsent
from identity.application.privacy.withdraw_erasure import WithdrawErasure
from identity.bootstrap import Identity
from identity.domain.privacy.consents import Language
from identity.entrypoints.http.privacy import schemas, views
from servicekit.http import PEOPLE, Blueprint, Role, application, caller, cursor, request_id
from servicekit.ids import event_id, public_id
from servicekit.instants import utc_now

_OWN = "privacy:own"
# An auditor looks; what is their own they change as the citizen that they are.
_CHANGERS = PEOPLE - {Role.AUDITOR}
_WHY_PUBLIC = "a notice is read before anybody agrees, and by who does not"
_NOTICE_ID = {"in": "path", "name": "notice_id", "description": "Which notice.", "example": "account"}
_VERSION = {"in": "path", "name": "version", "description": "Which version of it.", "example": 1}
_CONSENT_ID = {
    "in": "path",
    "name": "consent_id",
    "description": "From the receipt.",
    "example": "cns_01930a6c5e8b7d3f9a41c2e07b6d8f10",
}
_ERASURE_ID = {
    "in": "path",
    "name": "erasure_id",
    "description": "From the answer to the request.",
    "example": "era_01930a6c5e8b7d3f9a41c2e07b6d8f10",
}

own_data = Blueprint("privacy", description="People and their data: notices, consents, who read what, erasure.")


@own_data.route("/v1/notices/<string:notice_id>", parameters=[_NOTICE_ID])
@own_data.public(_WHY_PUBLIC)
@own_data.raises(NoticeNotFound)
@own_data.response(200, schemas.NoticeSchema)
def get_notice(notice_id: str) -> dict[str, Any]:
    """Read the notice that is in force

    In both languages. Show it whole before you ask for consent, and send its sha256 back with what was agreed to.
    """
    return views.notice(application(Identity).privacy.notices.current(notice_id, utc_now()))


@own_data.route("/v1/notices/<string:notice_id>/versions/<int:version>", parameters=[_NOTICE_ID, _VERSION])
@own_data.public(_WHY_PUBLIC)
@own_data.raises(NoticeNotFound)
@own_data.response(200, schemas.NoticeSchema)
def get_notice_version(notice_id: str, version: int) -> dict[str, Any]:
    """Read a version of a notice

    As a receipt names it: a version never changes.
    """
    return views.notice(application(Identity).privacy.notices.version(notice_id, version))


@own_data.route("/v1/consents", methods=["POST"])
@own_data.requires(_OWN, roles=_CHANGERS)
@own_data.repeatable("a consent that says the same as the one in force is that one")
@own_data.raises(PersonNeeded, PersonErased, NoticeNotFound, NoticeChanged, NoticeIncomplete, InvalidConsent)
@own_data.arguments(schemas.ConsentRequestSchema)
@own_data.response(201, schemas.ConsentSchema)
def give_consent(body: dict[str, Any]) -> dict[str, Any]:
    """Agree to a notice

    For the purposes named and no other. Agreeing to other purposes, or to a new version, replaces the consent of
    before. The answer is the receipt.
    """
    return views.consent(
        application(Identity).privacy.give_consent(
            GiveConsent(
                consent_id=public_id("cns"),
                person_id=_person_id(),
                notice_id=body["notice_id"],
                notice_version=body["notice_version"],
                notice_sha256=body["notice_sha256"],
                purposes=frozenset(body["purposes"]),
                language=Language(body["language"]),
                client_id=caller().client_id,
                kiosk_id=caller().kiosk_id,
                event_id=event_id(),
                request_id=request_id(),
                at=utc_now(),
            )
        )
    )


@own_data.route("/v1/consents")
@own_data.requires(_OWN, roles=PEOPLE)
@own_data.raises(PersonNeeded, PersonErased)
@own_data.response(200, schemas.ConsentsSchema)
def list_consents() -> dict[str, Any]:
    """Look at one's own consents

    All receipts there ever were, the newest first.
    """
    receipts = application(Identity).privacy.own_data.consents_of(_person_id())
    return {"items": [views.consent(receipt) for receipt in receipts]}


@own_data.route("/v1/consents/<string:consent_id>", parameters=[_CONSENT_ID])
@own_data.requires(_OWN, roles=PEOPLE)
@own_data.raises(PersonNeeded, PersonErased, ConsentNotFound)
@own_data.response(200, schemas.ConsentSchema)
def get_consent(consent_id: str) -> dict[str, Any]:
    """Look at a receipt

    One's own: another's is not found.
    """
    return views.consent(application(Identity).privacy.own_data.consent(_person_id(), consent_id))


@own_data.route("/v1/consents/<string:consent_id>/withdrawals", methods=["POST"], parameters=[_CONSENT_ID])
@own_data.requires(_OWN, roles=_CHANGERS)
@own_data.repeatable("a consent is withdrawn once; a repeat gives the same receipt")
@own_data.raises(PersonNeeded, PersonErased, ConsentNotFound)
@own_data.response(200, schemas.ConsentSchema)
def withdraw_consent(consent_id: str) -> dict[str, Any]:
    """Withdraw a consent

    In one step, without a reason. Every service is told at once; what was done before stays lawful.
    """
    return views.consent(
        application(Identity).privacy.withdraw_consent(
            WithdrawConsent(
                consent_id=consent_id,
                person_id=_person_id(),
                event_id=event_id(),
                request_id=request_id(),
                at=utc_now(),
            )
        )
    )


@own_data.route("/v1/privacy/readings")
@own_data.requires(_OWN, roles=PEOPLE)
@own_data.raises(PersonNeeded, PersonErased)
@own_data.arguments(schemas.PageQuerySchema, location="query")
@own_data.response(200, schemas.OwnReadingsPageSchema)
def list_own_readings(query: dict[str, Any]) -> dict[str, Any]:
    """See who read one's numbers

    Every reading there ever was, the newest first: which office or software, when, and what for.
    """
    identity = application(Identity)
    rows, following = identity.privacy.own_data.readings(_person_id(), _before(query["cursor"]), query["limit"])
    return {
        "items": [views.reading(identity, row) for row in rows],
        "next": following and cursor().encode({"own_readings_before": following}),
    }


@own_data.route("/v1/privacy/export")
@own_data.requires(_OWN, roles=PEOPLE)
@own_data.raises(PersonNeeded, PersonErased)
@own_data.response(200, schemas.ExportSchema)
def export_own_data() -> dict[str, Any]:
    """Take everything with you

    All that identity keeps of the person, as one document; numbers are masked. `parts` says where the other services'
    are, under the same token.
    """
    identity, at = application(Identity), utc_now()
    return views.export(identity, identity.privacy.own_data.export(_person_id()), at)


@own_data.route("/v1/privacy/breach-notices")
@own_data.requires(_OWN, roles=PEOPLE)
@own_data.raises(PersonNeeded, PersonErased)
@own_data.response(200, schemas.BreachNoticesSchema)
def list_breach_notices() -> dict[str, Any]:
    """See what was told of breaches

    What happened to one's data, what may follow, what is done about it, and whom to ask.
    """
    told = application(Identity).privacy.own_data.breach_notices(_person_id())
    return {"items": [views.breach_notice(notice, breach) for notice, breach in told]}


@own_data.route("/v1/privacy/erasures", methods=["POST"])
@own_data.requires(_OWN, roles=_CHANGERS)
@own_data.repeatable("a person has one open request; a repeat gives that one")
@own_data.raises(PersonNeeded, PersonErased)
@own_data.response(202, schemas.ErasureSchema)
def request_erasure() -> dict[str, Any]:
    """Ask to be erased

    It runs by itself when the time to think again is over and nothing holds it back; ask GET how it stands.
    """
    identity, at = application(Identity), utc_now()
    request = identity.privacy.request_erasure(
        RequestErasure(
            erasure_id=public_id("era"),
            person_id=_person_id(),
            event_id=event_id(),
            request_id=request_id(),
            at=at,
        )
    )
    return views.erasure(identity, request, at)


@own_data.route("/v1/privacy/erasures")
@own_data.requires(_OWN, roles=PEOPLE)
@own_data.raises(PersonNeeded, PersonErased)
@own_data.response(200, schemas.ErasuresSchema)
def list_erasures() -> dict[str, Any]:
    """Look at one's own requests for erasure

    With what holds them back, since when and until when, and when they run.
    """
    identity, at = application(Identity), utc_now()
    requests = identity.privacy.erasures.all_of_person(_person_id())
    return {"items": [views.erasure(identity, request, at) for request in requests]}


@own_data.route("/v1/privacy/erasures/<string:erasure_id>", parameters=[_ERASURE_ID])
@own_data.requires(_OWN, roles=PEOPLE)
@own_data.raises(PersonNeeded, PersonErased, ErasureNotFound)
@own_data.response(200, schemas.ErasureSchema)
def get_erasure(erasure_id: str) -> dict[str, Any]:
    """See how an erasure stands

    Which reason of which law holds it back, since when and until when, and when it runs.
    """
    identity = application(Identity)
    return views.erasure(identity, identity.privacy.erasures.of_person(_person_id(), erasure_id), utc_now())


@own_data.route("/v1/privacy/erasures/<string:erasure_id>/withdrawals", methods=["POST"], parameters=[_ERASURE_ID])
@own_data.requires(_OWN, roles=_CHANGERS)
@own_data.repeatable("a request is taken back once; a repeat changes nothing")
@own_data.raises(PersonNeeded, PersonErased, ErasureNotFound, ErasureBegun)
@own_data.response(200, schemas.ErasureSchema)
def withdraw_erasure(erasure_id: str) -> dict[str, Any]:
    """Take a request for erasure back

    Until it has begun.
    """
    identity, at = application(Identity), utc_now()
    request = identity.privacy.withdraw_erasure(
        WithdrawErasure(
            erasure_id=erasure_id, person_id=_person_id(), event_id=event_id(), request_id=request_id(), at=at
        )
    )
    return views.erasure(identity, request, at)


def _person_id() -> str:
    """Who is signed in. Raises PersonNeeded for a token of software alone."""
    person = caller().person
    if person is None:
        raise PersonNeeded("Sign somebody in (GET /v1/oauth2/authorize) and use that token.")
    return person.id


def _before(text: str | None) -> str | None:
    return None if text is None else str(cursor().decode(text)["own_readings_before"])
