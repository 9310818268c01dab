"""Somebody signs in: an app sends them, they write their number and a code, and go back with an authorization code."""

import re
from datetime import datetime
from typing import Any

from authlib.oauth2 import OAuth2Error
from flask import Response, g, redirect, request
from marshmallow import EXCLUDE
from werkzeug.wrappers import Response as AnyResponse

from identity.application.sign_in.begin_sign_in import BeginSignIn
from identity.application.sign_in.check_code import CheckCode
from identity.application.sign_in.end_sign_in import EndSignIn
from identity.application.sign_in.errors import (
    InvalidAuthorizationRequest,
    InvalidMobile,
    NoSuchChoice,
    SignInNotSetUp,
    SignInOver,
    TooManyCodes,
    TooManyTries,
    WrongCode,
)
from identity.application.sign_in.send_code import SendCode
from identity.bootstrap import Identity
from identity.domain.people.rights import Role
from identity.domain.sign_in.sign_in import DEVICE_KNOWN, SignIn, Stage, new_code
from identity.domain.tokens.grants import AuthorizationRequest, new_token
from identity.entrypoints.http.sign_in.pages import problem_page, sign_in_page
from identity.entrypoints.http.sign_in.schemas import (
    DEVICE_COOKIE,
    TOKEN_PATTERN,
    AuthorizationRequestSchema,
    ChoiceFormSchema,
    CodeFormSchema,
    DeviceCookieSchema,
    MobileFormSchema,
)
from identity.entrypoints.http.tokens.routes import AUTHORIZE_PATH
from identity.entrypoints.http.tokens.server import CODE_CHALLENGE_METHOD, RESPONSE_TYPE, OAuthRequest, OAuthServer
from servicekit.http import Blueprint, application
from servicekit.ids import public_id
from servicekit.instants import utc_now

HTML = "text/html"
_PAGE = {"type": "string"}
# Somebody goes on with the form that these were about.
_ON_THE_FORM = {kind.slug for kind in (InvalidMobile, WrongCode, NoSuchChoice, TooManyTries, TooManyCodes)}

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
    at, ticket, device = utc_now(), new_token(), _device(cookies)
    server = OAuthServer(application(Identity), at)
    checked = _checked(server, asked)
    if isinstance(checked, str):
        return redirect(checked, 303)
    command = BeginSignIn(ticket=ticket, device=device or (new_device := new_token()), request=checked, at=at)
    sign_in = application(Identity).begin_sign_in(command)
    page = sign_in_page(sign_in, _app_name(sign_in), ticket)
    # A known browser's stays as it is, and stays for as long.
    return page if device else _with_cookie(page, new_device, known=False)


@sign_ins.route("/v1/oauth2/sign-in", methods=["POST"])
@sign_ins.public("the form of a page; page and cookie have to belong together")
@sign_ins.repeatable("it sends another code, as often as a number may have them, and the one before ends")
@sign_ins.raises(SignInOver, InvalidMobile, TooManyCodes, SignInNotSetUp)
@sign_ins.arguments(MobileFormSchema, location="form")
@sign_ins.arguments(DeviceCookieSchema, location="cookies")
@sign_ins.response(200, _PAGE, content_type=HTML, description="The page that asks for the code.")
def send_code(form: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Send a one-time code (the first form of the sign-in page)

    The answer is the same whoever has the number, and whether anybody has it.
    """
    sign_in = _sign_in(form, cookies)
    sign_in = application(Identity).send_code(
        SendCode(
            ticket=form["csrf_token"], device=_device(cookies), mobile=form["mobile"], code=new_code(), at=utc_now()
        )
    )
    return sign_in_page(sign_in, _app_name(sign_in), form["csrf_token"])


@sign_ins.route("/v1/oauth2/sign-in/code", methods=["POST"])
@sign_ins.public("the form of a page; page and cookie have to belong together")
@sign_ins.repeatable("a code counts once and has five tries")
@sign_ins.raises(SignInOver, WrongCode, TooManyTries, InvalidAuthorizationRequest)
@sign_ins.arguments(CodeFormSchema, location="form")
@sign_ins.arguments(DeviceCookieSchema, location="cookies")
@sign_ins.response(303, headers=["Location"], description="Back to the app, with a code or an error.")
@sign_ins.alt_response(200, schema=_PAGE, content_type=HTML, description="The page that asks as what they sign in.")
def check_code(form: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Check the one-time code (the second form of the sign-in page), and go back to the app

    Whoever signs in for the first time is recorded as a citizen. Who has more than one way to act chooses first.
    """
    sign_in, at = _sign_in(form, cookies), utc_now()
    if (refused := _refused_meanwhile(sign_in, at)) or form["cancel"]:
        return refused or _without_code(sign_in, at)
    command = CheckCode(ticket=form["csrf_token"], device=_device(cookies), code=form["code"], at=at)
    g.sign_in, choices = application(Identity).check_code(command)
    if choices.count > 1:
        return sign_in_page(g.sign_in, _app_name(sign_in), form["csrf_token"], choices=choices)
    if choices.count == 0:
        return _without_code(sign_in, at)
    return _with_code(g.sign_in, choices.rights[0].id if choices.rights else None, at)


@sign_ins.route("/v1/oauth2/sign-in/role", methods=["POST"])
@sign_ins.public("the form of a page; page and cookie have to belong together")
@sign_ins.repeatable("a sign-in ends once")
@sign_ins.raises(SignInOver, NoSuchChoice, InvalidAuthorizationRequest)
@sign_ins.arguments(ChoiceFormSchema, location="form")
@sign_ins.arguments(DeviceCookieSchema, location="cookies")
@sign_ins.response(303, headers=["Location"], description="Back to the app, with a code or an error.")
def choose_role(form: dict[str, str], cookies: dict[str, str]) -> AnyResponse:
    """Say as what one signs in (the third form of the sign-in page, where there is a choice), and go back to the app

    The tokens carry the one right that was chosen.
    """
    sign_in, at = _sign_in(form, cookies), utc_now()
    if sign_in.stage is not Stage.CHOOSING:
        raise SignInOver("Go back to the app and begin again.", "ऐप पर वापस जाएँ और फिर से शुरू करें।")
    right_id = None if form["right"] == Role.CITIZEN else form["right"]
    return _refused_meanwhile(sign_in, at) or _with_code(sign_in, right_id, at)


def _refused_meanwhile(sign_in: SignIn, at: datetime) -> AnyResponse | None:
    """Back to the app with an error where what was allowed when the sign-in began is not now."""
    back = _checked(OAuthServer(application(Identity), at), _parameters(sign_in.request))
    return redirect(back, 303) if isinstance(back, str) else None


def _without_code(sign_in: SignIn, at: datetime) -> AnyResponse:
    """Back to the app with access_denied: the person does not want to, or has no right that the app asks for."""
    server, asked = OAuthServer(application(Identity), at), OAuthRequest("GET", _parameters(sign_in.request))
    grant = server.get_consent_grant(asked)
    return redirect(server.create_authorization_response(asked, grant_user=None, grant=grant), 303)


def _with_code(sign_in: SignIn, right_id: str | None, at: datetime) -> AnyResponse:
    """Back to the app with an authorization code. Raises SignInOver, NoSuchChoice."""
    new_device, person_id = new_token(), public_id("per")

    def end_sign_in(authorization_code: str) -> None:
        application(Identity).end_sign_in(
            EndSignIn(
                sign_in=sign_in,
                right_id=right_id,
                new_device=new_device,
                authorization_code=authorization_code,
                person_id=person_id,
                grant_id=public_id("gra"),
                at=at,
            )
        )

    server, asked = (
        OAuthServer(application(Identity), at, end_sign_in),
        OAuthRequest("GET", _parameters(sign_in.request)),
    )
    grant = server.get_consent_grant(asked)
    response = redirect(server.create_authorization_response(asked, grant_user=person_id, grant=grant), 303)
    return _with_cookie(response, new_device, known=True)


def _checked(server: OAuthServer, asked: dict[str, str]) -> AuthorizationRequest | str:
    """The request, or the address to which the app's error goes. Raises InvalidAuthorizationRequest for who is no app
    of ours, or would have somebody sent elsewhere."""
    oauth_request = OAuthRequest("GET", asked)
    try:
        server.get_consent_grant(oauth_request)
    except OAuth2Error as error:
        if error.redirect_uri:
            return str(server.handle_error_response(oauth_request, error))
        raise InvalidAuthorizationRequest(
            f"{error.description or 'The request cannot be used.'} Nobody is sent back; tell the maker of the app.",
            "ऐप का अनुरोध मान्य नहीं है, इसलिए आपको वापस नहीं भेजा जा सकता। ऐप बनाने वाले को बताएँ।",
        ) from error
    return AuthorizationRequest(
        client_id=asked["client_id"],
        redirect_uri=asked["redirect_uri"],
        scope=oauth_request.scope,
        state=asked.get("state"),
        nonce=asked.get("nonce"),
        role=asked.get("role"),
        code_challenge=asked["code_challenge"],
    )


def _parameters(kept: AuthorizationRequest) -> dict[str, str]:
    given = {name: value for name, value in vars(kept).items() if value is not None}
    return given | {"response_type": RESPONSE_TYPE, "code_challenge_method": CODE_CHALLENGE_METHOD}


def _sign_in(form: dict[str, str], cookies: dict[str, str]) -> SignIn:
    g.ticket = form["csrf_token"]
    g.sign_in = application(Identity).sign_ins.of(g.ticket, _device(cookies), utc_now())
    sign_in: SignIn = g.sign_in
    return sign_in


def _device(cookies: dict[str, str]) -> str:
    """The browser's cookie where it is one of ours, else ""."""
    given = cookies["device"]
    return given if re.fullmatch(TOKEN_PATTERN, given) else ""


def _app_name(sign_in: SignIn) -> str:
    client = application(Identity).clients.get(sign_in.request.client_id)
    return client.name if client else sign_in.request.client_id


def _with_cookie(response: AnyResponse, device: str, *, known: bool) -> AnyResponse:
    # Lax: the app's page leads here from another site.
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=DEVICE_KNOWN if known else None,
        path="/",
        secure=True,
        httponly=True,
        samesite="Lax",
    )
    return response


@sign_ins.after_request
def _shown_to_people(response: Response) -> Response:
    """A problem as a page where a browser asks, on the form that it is about where somebody can go on."""
    wants_page = request.accept_mimetypes.best_match(["application/problem+json", HTML]) == HTML
    if response.status_code < 400 or not response.is_json or not wants_page:
        return response
    problem: dict[str, Any] = response.get_json()
    if problem["code"] in _ON_THE_FORM and "sign_in" in g:
        choices = application(Identity).choices.of(g.sign_in, utc_now()) if g.sign_in.stage is Stage.CHOOSING else None
        page = sign_in_page(
            g.sign_in, _app_name(g.sign_in), g.ticket, choices=choices, status=response.status_code, problem=problem
        )
    else:
        page = problem_page(response.status_code, problem)
    if "Retry-After" in response.headers:
        page.headers["Retry-After"] = response.headers["Retry-After"]
    return page
