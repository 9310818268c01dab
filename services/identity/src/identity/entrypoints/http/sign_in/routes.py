"""Somebody signs in: an app sends them, they write their number and a code, and go back with an authorization code."""

from datetime import datetime

from flask import g
from marshmallow import EXCLUDE
from werkzeug.wrappers import Response as AnyResponse

from identity.application.sign_in.act_as import ActAs
from identity.application.sign_in.begin_sign_in import BeginSignIn
from identity.application.sign_in.check_code import CheckCode
from identity.application.sign_in.errors import (
    CodesPaused,
    InvalidAuthorizationRequest,
    InvalidMobile,
    NoSuchChoice,
    NumberWaits,
    SignInNotSetUp,
    SignInOver,
    TooManyCodes,
    TooManyTries,
    WrongCode,
    over,
)
from identity.application.sign_in.send_code import SendCode
from identity.bootstrap import Identity
from identity.domain.factors.factors import new_challenge, new_totp_secret
from identity.domain.people.rights import Role
from identity.domain.sign_in.sign_in import SignIn, Stage, new_code
from identity.domain.tokens.grants import new_token
from identity.entrypoints.http.sign_in.browser import (
    HTML,
    address_back,
    checked,
    device_of,
    page_of,
    refusal,
    shown_to_people,
    sign_in_of,
    with_cookie,
)
from identity.entrypoints.http.sign_in.pages import see_other
from identity.entrypoints.http.sign_in.schemas import (
    AuthorizationRequestSchema,
    ChoiceFormSchema,
    CodeFormSchema,
    DeviceCookieSchema,
    MobileFormSchema,
)
from identity.entrypoints.http.tokens.routes import AUTHORIZE_PATH
from identity.entrypoints.http.tokens.server import OAuthServer
from servicekit.http import Blueprint, application
from servicekit.ids import public_id
from servicekit.instants import utc_now

_PAGE = {"type": "string"}

sign_ins = Blueprint("sign-in", description="People sign in with a mobile number and a one-time code, on pages.")


@sign_ins.route(AUTHORIZE_PATH, methods=["GET"])
@sign_ins.public("a page for whoever signs in; the app that sent them is checked")
@sign_ins.raises(InvalidAuthorizationRequest)
@sign_ins.arguments(AuthorizationRequestSchema, location="query", unknown=EXCLUDE)
@sign_ins.arguments(DeviceCookieSchema, location="cookies")
@sign_ins.response(200, _PAGE, content_type=HTML, description="The page that asks for the mobile number.")
@sign_ins.alt_response(303, headers=["Location"], description="Back to the app, with an error (RFC 6749 4.1.2.1).")
def begin_sign_in(asked: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Send somebody to sign in (OAuth 2.0 authorization code with PKCE, OpenID Connect)

    Opened in the person's browser. They write their mobile number and the code that is sent to it, and come back to
    redirect_uri with `code`, `state` and `iss` (RFC 9207). PKCE with S256 is required of every client. Problems are
    pages where the browser asks for text/html, problem documents otherwise. Who may act as more than a citizen says on
    a page as what they sign in, unless `role` leaves one way only; who may not act in that role at all comes back with
    `access_denied`.
    """
    at, ticket, device = utc_now(), new_token(), device_of(cookies)
    authorization = checked(OAuthServer(application(Identity), at), asked)
    if isinstance(authorization, str):
        return see_other(authorization)
    command = BeginSignIn(ticket=ticket, device=device or (new_device := new_token()), request=authorization, at=at)
    page = page_of(application(Identity).begin_sign_in(command), ticket)
    # A known browser's stays as it is, and stays for as long.
    return page if device else with_cookie(page, new_device, known=False)


@sign_ins.route("/v1/oauth2/sign-in", methods=["POST"])
@sign_ins.public("the form of a page; page and cookie have to belong together")
@sign_ins.repeatable("it sends another code, as often as a number may have them, and the one before ends")
@sign_ins.raises(SignInOver, InvalidMobile, TooManyCodes, CodesPaused, SignInNotSetUp)
@sign_ins.arguments(MobileFormSchema, location="form")
@sign_ins.arguments(DeviceCookieSchema, location="cookies")
@sign_ins.response(200, _PAGE, content_type=HTML, description="The page that asks for the code.")
def send_code(form: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Send a one-time code (the first form of the sign-in page)

    The answer is the same whoever has the number, and whether anybody has it.
    """
    sign_in_of(form, cookies)
    sign_in = application(Identity).send_code(
        SendCode(
            ticket=form["csrf_token"], device=device_of(cookies), mobile=form["mobile"], code=new_code(), at=utc_now()
        )
    )
    return page_of(sign_in, form["csrf_token"])


@sign_ins.route("/v1/oauth2/sign-in/code", methods=["POST"])
@sign_ins.public("the form of a page; page and cookie have to belong together")
@sign_ins.repeatable("a code counts once and has five tries")
@sign_ins.raises(SignInOver, WrongCode, TooManyTries, NumberWaits, InvalidAuthorizationRequest)
@sign_ins.arguments(CodeFormSchema, location="form")
@sign_ins.arguments(DeviceCookieSchema, location="cookies")
@sign_ins.response(303, headers=["Location"], description="Back to the app, with a code or an error.")
@sign_ins.alt_response(
    200, schema=_PAGE, content_type=HTML, description="The page that asks as what they sign in, or for a second factor."
)
def check_code(form: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Check the one-time code (the second form of the sign-in page), and go back to the app

    Whoever signs in for the first time is recorded as a citizen. Who has more than one way to act chooses first, and
    who signs in as an officer or administrator then proves a second factor.
    """
    sign_in, at = sign_in_of(form, cookies), utc_now()
    server = OAuthServer(application(Identity), at)
    # What was allowed when the sign-in began need not be now.
    refused = refusal(server, sign_in)
    if refused or form["cancel"]:
        return see_other(refused or address_back(server, sign_in))
    command = CheckCode(ticket=form["csrf_token"], device=device_of(cookies), code=form["code"], at=at)
    g.sign_in, choices = application(Identity).check_code(command)
    if choices.count > 1:
        return page_of(g.sign_in, form["csrf_token"])
    if choices.count == 0:
        return see_other(address_back(server, sign_in))
    return _act_as(g.sign_in, form["csrf_token"], choices.rights[0].id if choices.rights else None, at)


@sign_ins.route("/v1/oauth2/sign-in/role", methods=["POST"])
@sign_ins.public("the form of a page; page and cookie have to belong together")
@sign_ins.repeatable("a sign-in ends once")
@sign_ins.raises(SignInOver, NoSuchChoice, InvalidAuthorizationRequest)
@sign_ins.arguments(ChoiceFormSchema, location="form")
@sign_ins.arguments(DeviceCookieSchema, location="cookies")
@sign_ins.response(303, headers=["Location"], description="Back to the app, with a code or an error.")
@sign_ins.alt_response(200, schema=_PAGE, content_type=HTML, description="The page that asks for a second factor.")
def choose_role(form: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Say as what one signs in (the third form of the sign-in page, where there is a choice), and go back to the app

    The tokens carry the one right that was chosen. Officers and administrators prove a second factor first.
    """
    sign_in, at = sign_in_of(form, cookies), utc_now()
    if sign_in.stage is not Stage.CHOOSING:
        raise over()
    refused = refusal(OAuthServer(application(Identity), at), sign_in)
    right_id = None if form["right"] == Role.CITIZEN else form["right"]
    return see_other(refused) if refused else _act_as(sign_in, form["csrf_token"], right_id, at)


def _act_as(sign_in: SignIn, ticket: str, right_id: str | None, at: datetime) -> AnyResponse:
    """Back to the app with an authorization code, or the page of the second factor."""
    new_device = new_token()
    server = OAuthServer(application(Identity), at, new_token())
    sign_in = application(Identity).act_as(
        ActAs(
            sign_in=sign_in,
            right_id=right_id,
            new_device=new_device,
            authorization_code=server.authorization_code,
            person_id=public_id("per"),
            grant_id=public_id("gra"),
            challenge=new_challenge(),
            totp_secret=new_totp_secret(),
            at=at,
        )
    )
    if sign_in.stage is not Stage.DONE:
        return page_of(sign_in, ticket)
    return with_cookie(see_other(address_back(server, sign_in)), new_device, known=True)


sign_ins.after_request(shown_to_people)
