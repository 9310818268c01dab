"""The second step of who decides about others: prove a factor, enrol one, take recovery codes, go back to the app."""

from werkzeug.wrappers import Response as AnyResponse

from identity.application.recovery.errors import InvalidRecovery, NotRecovered, RecoveryNotSetUp, RecoveryRunning
from identity.application.sign_in.end_sign_in import EndSignIn
from identity.application.sign_in.enrol_factor import EnrolFactor
from identity.application.sign_in.errors import (
    AppCodesLocked,
    InvalidAuthorizationRequest,
    SignInOver,
    TooManyFactorTries,
    TooManyTries,
    WrongCode,
    WrongFactor,
)
from identity.application.sign_in.prove_factor import ProveFactor
from identity.application.sign_in.recover_number import RecoverNumber
from identity.application.sign_in.renew_recovery_codes import RenewRecoveryCodes
from identity.bootstrap import Identity
from identity.domain.factors.factors import Kind, new_recovery_codes
from identity.domain.recovery.recovery import new_stop_code
from identity.domain.sign_in.sign_in import SignIn
from identity.domain.tokens.grants import new_token
from identity.entrypoints.http.sign_in.browser import (
    HTML,
    address_back,
    device_of,
    page_of,
    refusal,
    shown_to_people,
    sign_in_of,
    with_cookie,
)
from identity.entrypoints.http.sign_in.pages import new_number_page, recovery_codes_page, see_other
from identity.entrypoints.http.sign_in.schemas import (
    DeviceCookieSchema,
    FactorEnrolmentFormSchema,
    FactorFormSchema,
    NewNumberFormSchema,
    StepFormSchema,
)
from identity.entrypoints.http.tokens.server import OAuthServer
from servicekit.http import Blueprint, application
from servicekit.ids import public_id
from servicekit.instants import utc_now

_PAGE = {"type": "string"}
_PUBLIC = "the form of a page; page and cookie have to belong together"
_BACK = "Back to the app, with a code or an error."

second_steps = Blueprint("second-steps", description="Officers and administrators prove a second factor, on pages.")


@second_steps.route("/v1/oauth2/sign-in/factor", methods=["POST"])
@second_steps.public(_PUBLIC)
@second_steps.repeatable("a factor counts once; a sign-in that has proved one goes on")
@second_steps.raises(SignInOver, WrongFactor, TooManyFactorTries, AppCodesLocked, InvalidAuthorizationRequest)
@second_steps.arguments(FactorFormSchema, location="form")
@second_steps.arguments(DeviceCookieSchema, location="cookies")
@second_steps.response(303, headers=["Location"], description=_BACK)
@second_steps.alt_response(200, schema=_PAGE, content_type=HTML, description="What can be changed before going back.")
def prove_factor(form: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Prove a second factor, and go back to the app

    A code of an authenticator app (RFC 6238), a passkey (WebAuthn) or a recovery code, after the code to the phone.
    """
    sign_in_of(form, cookies)
    sign_in = application(Identity).prove_factor(
        ProveFactor(
            ticket=form["csrf_token"],
            device=device_of(cookies),
            kind=Kind(form["kind"]),
            typed=form["code"],
            credential=form["credential"],
            at=utc_now(),
        )
    )
    return page_of(sign_in, form["csrf_token"]) if form["more"] else _end(form, cookies, sign_in)


@second_steps.route("/v1/oauth2/sign-in/factor-enrolment", methods=["POST"])
@second_steps.public(_PUBLIC)
@second_steps.repeatable("the first factor is enrolled once; an app takes the place of the one before")
@second_steps.raises(SignInOver, WrongFactor, TooManyFactorTries)
@second_steps.arguments(FactorEnrolmentFormSchema, location="form")
@second_steps.arguments(DeviceCookieSchema, location="cookies")
@second_steps.response(
    200, _PAGE, content_type=HTML, description="Ten recovery codes with the first, else what is next."
)
def enrol_factor(form: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Enrol an authenticator app or a passkey

    Who has no factor yet enrols one while they sign in, and gets ten recovery codes, this once.
    """
    sign_in_of(form, cookies)
    codes = new_recovery_codes()
    enrolment = application(Identity).enrol_factor(
        EnrolFactor(
            ticket=form["csrf_token"],
            device=device_of(cookies),
            kind=Kind(form["kind"]),
            typed=form["code"],
            credential=form["credential"],
            recovery_codes=codes,
            at=utc_now(),
        )
    )
    ticket = form["csrf_token"]
    if enrolment.is_first:
        return recovery_codes_page(enrolment.sign_in, ticket, codes)
    return page_of(enrolment.sign_in, ticket)


@second_steps.route("/v1/oauth2/sign-in/recovery-codes", methods=["POST"])
@second_steps.public(_PUBLIC)
@second_steps.repeatable("ten new codes take the place of those before")
@second_steps.raises(SignInOver)
@second_steps.arguments(StepFormSchema, location="form")
@second_steps.arguments(DeviceCookieSchema, location="cookies")
@second_steps.response(200, _PAGE, content_type=HTML, description="Ten recovery codes, shown this once.")
def renew_recovery_codes(form: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Get ten new recovery codes

    For who has proved a second factor in this sign-in.
    """
    sign_in_of(form, cookies)
    codes = new_recovery_codes()
    sign_in = application(Identity).renew_recovery_codes(
        RenewRecoveryCodes(ticket=form["csrf_token"], device=device_of(cookies), recovery_codes=codes, at=utc_now())
    )
    return recovery_codes_page(sign_in, form["csrf_token"], codes)


@second_steps.route("/v1/oauth2/sign-in/new-number", methods=["POST"])
@second_steps.public(_PUBLIC)
@second_steps.repeatable("a recovery code counts once, and for one old number one recovery runs")
@second_steps.raises(
    SignInOver, WrongCode, TooManyTries, InvalidRecovery, NotRecovered, RecoveryRunning, RecoveryNotSetUp
)
@second_steps.arguments(NewNumberFormSchema, location="form")
@second_steps.arguments(DeviceCookieSchema, location="cookies")
@second_steps.response(200, _PAGE, content_type=HTML, description="The page that says from when the new number counts.")
def recover_number(form: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Get a new number by a recovery code

    For who has lost the phone and kept the codes: the new number is proved by the code to it. The old one is told and
    can stop it until the waiting time is over.
    """
    sign_in_of(form, cookies)
    recovery = application(Identity).recover_number(
        RecoverNumber(
            ticket=form["csrf_token"],
            device=device_of(cookies),
            code=form["code"],
            old_mobile=form["old_mobile"],
            recovery_code=form["recovery_code"],
            recovery_id=public_id("rcv"),
            stop_code=new_stop_code(),
            at=utc_now(),
        )
    )
    return new_number_page(recovery)


@second_steps.route("/v1/oauth2/sign-in/end", methods=["POST"])
@second_steps.public(_PUBLIC)
@second_steps.repeatable("a sign-in ends once")
@second_steps.raises(SignInOver, InvalidAuthorizationRequest)
@second_steps.arguments(StepFormSchema, location="form")
@second_steps.arguments(DeviceCookieSchema, location="cookies")
@second_steps.response(303, headers=["Location"], description=_BACK)
def end_sign_in(form: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Go back to the app, after the second factor is proved

    From the page of recovery codes, or from that on which factors are changed.
    """
    return _end(form, cookies, sign_in_of(form, cookies))


def _end(form: dict[str, str], cookies: dict[str, str], sign_in: SignIn) -> AnyResponse:
    at, new_device = utc_now(), new_token()
    server = OAuthServer(application(Identity), at, new_token())
    # What was allowed when the sign-in began need not be now.
    refused = refusal(server, sign_in)
    if refused:
        return see_other(refused)
    application(Identity).end_sign_in(
        EndSignIn(
            ticket=form["csrf_token"],
            device=device_of(cookies),
            new_device=new_device,
            authorization_code=server.authorization_code,
            grant_id=public_id("gra"),
            at=at,
        )
    )
    return with_cookie(see_other(address_back(server, sign_in)), new_device, known=True)


second_steps.after_request(shown_to_people)
