"""Acting for a person, for operators' and centres' software; and the cases of those who say that they did not agree."""

from typing import Any

from identity.application.assistance.answer_case import AnswerCase
from identity.application.assistance.ask_consent import AskConsent
from identity.application.assistance.errors import (
    ActNotAcceptable,
    AssistanceNotFound,
    AssistanceNotSetUp,
    AssistanceOver,
    CaseAnswered,
    CaseNotFound,
)
from identity.application.assistance.give_consent import GiveConsent
from identity.application.assistance.ports import Ending
from identity.application.assistance.withdraw_assistance import WithdrawAssistance
from identity.application.sign_in.errors import InvalidMobile, TooManyCodes, TooManyTries, WrongCode
from identity.application.vault.errors import NumberErased, ReferenceNotFound, VaultClosed
from identity.bootstrap import Identity
from identity.domain.assistance.acts import Act, Doing
from identity.domain.assistance.assistance import Assistance, State
from identity.domain.assistance.assisted_token import authorization_details
from identity.domain.assistance.cases import Case, CaseState
from identity.domain.sign_in.sign_in import new_code
from identity.domain.vault.records import Actor
from identity.entrypoints.http.assistance.schemas import (
    AgreementRequestSchema,
    AssistanceRequestSchema,
    AssistanceSchema,
    CaseAnswerRequestSchema,
    CaseSchema,
    CasesPageSchema,
    CasesQuerySchema,
)
from identity.entrypoints.http.vault.routes import new_reference
from servicekit.http import (
    COUNTER,
    Blueprint,
    Role,
    application,
    caller,
    cursor,
    idempotency_claim,
    mark_replayed,
    request_id,
)
from servicekit.ids import event_id, public_id
from servicekit.instants import utc_now
from servicekit.money import money

KEY_RETENTION_DAYS = 7
# No citizen asks to act for another, and nobody who acts for somebody: such a token's role is the citizen's.
COUNTERS = frozenset({Role.MACHINE, *COUNTER})
SUPPORT = frozenset({Role.MACHINE, Role.STATE_ADMIN})
_ASSISTANCE = {
    "in": "path",
    "name": "assistance_id",
    "description": "The assistance.",
    "example": "ast_01a2076b44007ff7a6151691ea9526ea",
}
_CASE = {
    "in": "path",
    "name": "case_id",
    "description": "The case.",
    "example": "cas_01a2076b44007ff7a6151691ea9526ea",
}
EXAMPLE = {
    "mobile": "98290 00000",
    "act": {"code": "pay-bill"},
    "identifier": "JVVNL",
    "object": "November",
    "amount": {"amount": 152500, "currency": "INR"},
}

assistances = Blueprint("assistance", description="Acting for a person who agreed to it; cases of those who did not.")


@assistances.route("/v1/assistances", methods=["POST"])
@assistances.requires("assistances:write", roles=COUNTERS)
@assistances.keyed("ask-consent", retention_days=KEY_RETENTION_DAYS)
@assistances.raises(
    ActNotAcceptable, InvalidMobile, TooManyCodes, AssistanceNotSetUp, AssistanceOver, ReferenceNotFound,
    NumberErased, VaultClosed,
)  # fmt: skip
@assistances.arguments(AssistanceRequestSchema, example=EXAMPLE)
@assistances.response(201, AssistanceSchema, headers=["Location"])
def ask_consent(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Ask a person to let you do something for them

    A code goes to their own number, with the act in Hindi and in English: what it is about (`identifier`), how much it
    may cost in all (`amount`), whether it is once. Its token does that and nothing else. The answer is the same whoever
    has the number. When they have read it and agree, they tell you the code: send it to …/consents. Then get a token
    for the act at /v1/oauth2/token (RFC 8693). Each thing that is done with it is announced to the person.
    """
    who, act = caller(), body["act"]
    own = None
    if "scopes" in act:
        bounds = [Doing(type=act["type"], costs=body["amount"] is not None, once=act["once"])] if "type" in act else []
        own = Act(text=act["text"], text_hi=act["text_hi"], scopes=frozenset(act["scopes"]), doings=tuple(bounds))
    once = application(Identity).assistance.ask(
        AskConsent(
            actor=_actor(),
            actor_role=who.person.role if who.person else None,
            mobile=body.get("mobile"),
            reference=body.get("reference"),
            act_code=act.get("code"),
            own_act=own,
            identifier=body["identifier"],
            object_text=body["object"],
            amount_paise=body["amount"] and body["amount"]["amount"],
            minutes=body["minutes"],
            assistance_id=public_id("ast"),
            new_reference=new_reference(),
            reading_id=public_id("rdg"),
            code=new_code(),
            claim=idempotency_claim(),
            at=utc_now(),
        )
    )
    mark_replayed(once.replayed)
    return _shown(once.value), 201, {"Location": f"/v1/assistances/{once.value.id}"}


@assistances.route("/v1/assistances/<string:assistance_id>", parameters=[_ASSISTANCE])
@assistances.requires("assistances:read", roles=COUNTERS)
@assistances.raises(AssistanceNotFound)
@assistances.response(200, AssistanceSchema)
def get_assistance(assistance_id: str) -> dict[str, Any]:
    """Look how far an assistance is

    For the client and the operator that asked for it.
    """
    return _shown(application(Identity).assistance.read.own(assistance_id, _actor()))


@assistances.route("/v1/assistances/<string:assistance_id>/consents", methods=["POST"], parameters=[_ASSISTANCE])
@assistances.requires("assistances:write", roles=COUNTERS)
@assistances.repeatable("the right code again gives the same receipt; a wrong one is one of five tries")
@assistances.raises(AssistanceNotFound, AssistanceOver, WrongCode, TooManyTries)
@assistances.arguments(AgreementRequestSchema, example={"code": "123456"})
@assistances.response(200, AssistanceSchema)
def agree_to_assistance(body: dict[str, Any], assistance_id: str) -> dict[str, Any]:
    """Hand in the code that the person told you

    Five tries, five minutes. The assistance is then active for the minutes that were asked for, and the person gets a
    notice of it.
    """
    agreed = application(Identity).assistance.agree(
        GiveConsent(
            assistance_id=assistance_id, actor=_actor(), code=body["code"], person_id=public_id("per"), at=utc_now()
        )
    )
    return _shown(agreed)


@assistances.route("/v1/assistances/<string:assistance_id>/withdrawals", methods=["POST"], parameters=[_ASSISTANCE])
@assistances.requires("assistances:write", roles=COUNTERS)
@assistances.repeatable("what is withdrawn stays withdrawn")
@assistances.raises(AssistanceNotFound)
@assistances.response(200, AssistanceSchema)
def withdraw_assistance(assistance_id: str) -> dict[str, Any]:
    """End an assistance at the person's wish, or because it is done

    Its tokens count no more. The person can do the same by the link in their notice.
    """
    area = application(Identity).assistance
    own = area.read.own(assistance_id, _actor())
    return _shown(area.withdraw(WithdrawAssistance(assistance=own, ending=ending())))


@assistances.route("/v1/cases")
@assistances.requires("cases:read", roles=SUPPORT)
@assistances.arguments(CasesQuerySchema, location="query")
@assistances.response(200, CasesPageSchema)
def list_cases(query: dict[str, Any]) -> dict[str, Any]:
    """Cases of people who say "not me", the oldest first

    For support. Name state OPEN for those that wait for an answer.
    """
    state = query["state"] and CaseState(query["state"])
    after = cursor().after(query["cursor"], {"state": query["state"]}, str) or ""
    cases, following = application(Identity).assistance.read.page(state, after, query["limit"])
    position = following and cursor().encode({"state": query["state"], "after": following})
    return {"items": [_case(case) for case in cases], "next": position}


@assistances.route("/v1/cases/<string:case_id>", parameters=[_CASE])
@assistances.requires("cases:read", roles=SUPPORT)
@assistances.raises(CaseNotFound)
@assistances.response(200, CaseSchema)
def get_case(case_id: str) -> dict[str, Any]:
    """Read a case

    For support: what the person says, what it is about, and the answer, if there is one.
    """
    return _case(application(Identity).assistance.read.case(case_id))


@assistances.route("/v1/cases/<string:case_id>/answers", methods=["POST"], parameters=[_CASE])
@assistances.requires("cases:write", roles=SUPPORT)
@assistances.repeatable("the same answer again changes nothing; another one is refused")
@assistances.raises(CaseNotFound, CaseAnswered)
@assistances.arguments(
    CaseAnswerRequestSchema,
    example={"text": "The payment was returned to you.", "text_hi": "भुगतान आपको लौटा दिया गया है।"},
)
@assistances.response(200, CaseSchema)
def answer_case(body: dict[str, Any], case_id: str) -> dict[str, Any]:
    """Answer a case

    The person gets a notice, and reads the answer by the link that they have.
    """
    command = AnswerCase(case_id=case_id, text=body["text"], text_hi=body["text_hi"], actor=_actor(), at=utc_now())
    return _case(application(Identity).assistance.answer(command))


def ending() -> Ending:
    """An event of this request."""
    return Ending(event_id=event_id(), request_id=request_id(), at=utc_now())


def _actor() -> Actor:
    known = caller()
    return Actor(
        client_id=known.client_id, kiosk_id=known.kiosk_id, person_id=known.person.id if known.person else None
    )


def _shown(assistance: Assistance) -> dict[str, Any]:
    over = assistance.state is State.ACTIVE and not assistance.is_in_force(utc_now())
    act = assistance.act
    return {
        "assistance_id": assistance.id,
        "state": "ENDED" if over else assistance.state.value,
        "mobile_shown": assistance.mobile_shown,
        "act": {"code": act.code, "text": act.text, "text_hi": act.text_hi, "scopes": sorted(act.scopes)},
        "authorization_details": authorization_details(assistance),
        "object": assistance.object_text,
        "amount": None if assistance.amount_paise is None else money(assistance.amount_paise),
        "minutes": assistance.minutes,
        "code_expires_at": assistance.code_expires_at,
        "consent": assistance.consent and {"text_id": assistance.consent.text_id, "at": assistance.consent.at},
        "ends_at": assistance.ends_at,
    }


def _case(case: Case) -> dict[str, Any]:
    answer = case.answer
    return {
        "case_id": case.id,
        "state": case.state.value,
        "reason": case.reason.value,
        "assistance_id": case.assistance_id,
        "actor": vars(case.actor),
        "opened_at": case.opened_at,
        "answer": answer and {**vars(answer), "by": vars(answer.by)},
    }
