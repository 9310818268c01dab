"""What the steps of a sign-in have in common: whose browser it is, which page comes, how somebody goes back."""

import re
from typing import Any

from authlib.oauth2 import OAuth2Error
from flask import Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from identity.application.recovery.errors import InvalidRecovery, NotRecovered, RecoveryNotSetUp, RecoveryRunning
from identity.application.sign_in.errors import (
    AppCodesLocked,
    CodesPaused,
    InvalidAuthorizationRequest,
    InvalidMobile,
    NoSuchChoice,
    TooManyCodes,
    TooManyFactorTries,
    TooManyTries,
    WrongCode,
    WrongFactor,
)
from identity.bootstrap import Identity
from identity.domain.sign_in.sign_in import DEVICE_KNOWN, SignIn, Stage
from identity.domain.tokens.grants import AuthorizationRequest
from identity.entrypoints.http.sign_in.pages import factor_page, problem_page, sign_in_page
from identity.entrypoints.http.sign_in.schemas import DEVICE_COOKIE, TOKEN_PATTERN
from identity.entrypoints.http.tokens.server import CODE_CHALLENGE_METHOD, RESPONSE_TYPE, OAuthRequest, OAuthServer
from servicekit.http import application
from servicekit.instants import utc_now

HTML = "text/html"
# Somebody goes on with the form that these were about.
_ON_THE_FORM = {
    kind.slug
    for kind in (
        InvalidMobile, WrongCode, NoSuchChoice, TooManyTries, TooManyCodes, CodesPaused, WrongFactor,
        TooManyFactorTries, AppCodesLocked, InvalidRecovery, NotRecovered, RecoveryRunning, RecoveryNotSetUp,
    )
}  # fmt: skip


def sign_in_of(form: dict[str, str], cookies: dict[str, str]) -> SignIn:
    """The sign-in that the form belongs to. Raises SignInOver."""
    g.ticket = form["csrf_token"]
    g.sign_in = application(Identity).sign_ins.of(g.ticket, device_of(cookies), utc_now())
    sign_in: SignIn = g.sign_in
    return sign_in


def device_of(cookies: dict[str, str]) -> str:
    """The browser's cookie where it is one of ours, else ""."""
    given = cookies["device"]
    return given if re.fullmatch(TOKEN_PATTERN, given) else ""


def with_cookie(response: AnyResponse, device: str, *, known: bool) -> AnyResponse:
    """The answer, with the cookie by which the browser is known from now on."""
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


def page_of(sign_in: SignIn, ticket: str, *, status: int = 200, problem: dict[str, Any] | None = None) -> Response:
    """The page with what comes next in the sign-in; with what was wrong about the last form."""
    name = _app_name(sign_in)
    if sign_in.stage in (Stage.BEGUN, Stage.CODE_SENT, Stage.CHOOSING):
        choices = application(Identity).choices.of(sign_in, utc_now()) if sign_in.stage is Stage.CHOOSING else None
        return sign_in_page(sign_in, name, ticket, choices=choices, status=status, problem=problem)
    over = problem is not None and problem["code"] == TooManyFactorTries.slug
    offered = None if over else application(Identity).offered_factors(sign_in)
    return factor_page(sign_in, name, ticket, offered, status=status, problem=problem)


def checked(server: OAuthServer, asked: dict[str, str]) -> AuthorizationRequest | str:
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


def refusal(server: OAuthServer, sign_in: SignIn) -> str | None:
    """The address to which the app's error goes, where what was allowed as the sign-in began is not now."""
    back = checked(server, _parameters(sign_in.request))
    return back if isinstance(back, str) else None


def address_back(server: OAuthServer, sign_in: SignIn) -> str:
    """The app's address, with the server's authorization code.

    Without one with access_denied: the person did not want to, or has no right that the app asks for.
    """
    asked = OAuthRequest("GET", _parameters(sign_in.request))
    grant = server.get_consent_grant(asked)
    who = sign_in.id if server.authorization_code else None
    return str(server.create_authorization_response(asked, grant_user=who, grant=grant))


def shown_to_people(response: Response) -> Response:
    """A problem as a page where a browser asks, on the form that it is about where somebody can go on."""
    wants_page = request.accept_mimetypes.best_match(["application/problem+json", HTML]) == HTML
    if response.status_code < 400 or not response.is_json or not wants_page:
        return response
    problem: dict[str, Any] = response.get_json()
    if problem["code"] in _ON_THE_FORM and "sign_in" in g:
        page = page_of(g.sign_in, g.ticket, status=response.status_code, problem=problem)
    else:
        page = problem_page(response.status_code, problem)
    if "Retry-After" in response.headers:
        page.headers["Retry-After"] = response.headers["Retry-After"]
    return page


def _parameters(kept: AuthorizationRequest) -> dict[str, str]:
    given = {name: value for name, value in vars(kept).items() if value is not None}
    return given | {"response_type": RESPONSE_TYPE, "code_challenge_method": CODE_CHALLENGE_METHOD}


def _app_name(sign_in: SignIn) -> str:
    client = application(Identity).clients.get(sign_in.request.client_id)
    return client.name if client else sign_in.request.client_id
