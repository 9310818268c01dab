"""The pages on which people sign in: Hindi first, then English; without image or font, and without script but where
a passkey needs one."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import segno
from flask import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from identity.application.sign_in.read_factors import Offered
from identity.domain.factors.factors import in_groups
from identity.domain.sign_in.sign_in import SignIn, Stage

_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_PATH_OF_MOBILE = "/v1/oauth2/sign-in"
_PATH_OF_CODE = "/v1/oauth2/sign-in/code"
_PATHS = {
    "code": _PATH_OF_CODE,
    "prove": "/v1/oauth2/sign-in/factor",
    "enrol": "/v1/oauth2/sign-in/factor-enrolment",
    "codes": "/v1/oauth2/sign-in/recovery-codes",
    "end": "/v1/oauth2/sign-in/end",
}
_QR_SCALE = 4  # pixels a module: an otpauth address fits into the narrowest phone


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("identity.entrypoints.http.sign_in"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _own(name: str) -> tuple[str, str]:
    """The style sheet or the script, and its hash for the policy: nothing else on the page is styled or run."""
    text = _templates().get_template(name).render()
    return text, f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def sign_in_page(
    sign_in: SignIn, app_name: str, ticket: str, *, status: int = 200, problem: dict[str, Any] | None = None
) -> Response:
    """The form that comes next; with what was wrong about the last one."""
    asks_code = sign_in.stage is Stage.CODE_SENT
    return _page(
        "sign_in.html",
        status,
        _source_of(sign_in.request.redirect_uri),
        app_name=app_name,
        ticket=ticket,
        asks_code=asks_code,
        mobile_shown=sign_in.mobile_shown,
        problem=problem,
        mobile_path=_PATH_OF_MOBILE,
        code_path=_PATH_OF_CODE,
    )


def factor_page(
    sign_in: SignIn,
    app_name: str,
    ticket: str,
    offered: Offered | None,
    *,
    status: int = 200,
    problem: dict[str, Any] | None = None,
) -> Response:
    """The second step: what is offered, or only the way back where nothing is any more."""
    secret = offered.totp_secret if offered else ""
    return _page(
        "factor.html",
        status,
        _source_of(sign_in.request.redirect_uri),
        scripted=offered is not None and offered.passkey_options is not None,
        app_name=app_name,
        ticket=ticket,
        offered=offered,
        first=sign_in.stage is Stage.NUMBER_PROVED,
        totp_secret=in_groups(secret, " "),
        qr=segno.make_qr(offered.totp_address).svg_inline(scale=_QR_SCALE, light="#fff") if offered and secret else "",
        problem=problem,
        paths=_PATHS,
    )


def recovery_codes_page(sign_in: SignIn, ticket: str, codes: Sequence[str]) -> Response:
    """The codes, this once."""
    return _page(
        "recovery_codes.html", 200, _source_of(sign_in.request.redirect_uri), ticket=ticket, codes=codes, paths=_PATHS
    )


def stop_page(*, done: bool, status: int = 200, problem: dict[str, Any] | None = None) -> Response:
    """The form with which the owner of an old number stops a recovery; or, when it is done, that it is."""
    return _page("stop.html", status, "", done=done, problem=problem, stop_path="/v1/oauth2/recovery-stop")


def problem_page(status: int, problem: dict[str, Any]) -> Response:
    """A problem as people read it, with nowhere to go on from here."""
    return _page("problem.html", status, "", problem=problem)


def _page(template: str, status: int, sent_back_to: str, *, scripted: bool = False, **context: Any) -> Response:
    style, style_hash = _own("style.css")
    script, script_hash = _own("passkey.js") if scripted else ("", "'none'")
    html = _templates().get_template(template).render(style=style, script=script, **context)
    response = Response(html, HTTPStatus(status), content_type="text/html; charset=utf-8")
    response.headers.update(_HEADERS)
    response.headers["Cache-Control"] = "no-store"
    # A browser holds the redirect that answers a form to form-action too.
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {style_hash}; script-src {script_hash}; form-action 'self'{sent_back_to}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def _source_of(redirect_uri: str) -> str:
    """The source expression of a registered redirect URI (CSP Level 3 §2.3.1), which has no form for IPv6."""
    parts = urlsplit(redirect_uri)
    if parts.scheme in ("http", "https") and ":" not in (parts.hostname or ""):
        return f" {parts.scheme}://{parts.netloc}"
    return f" {parts.scheme}:"
