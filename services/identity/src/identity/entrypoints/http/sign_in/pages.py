"""The pages on which people sign in: Hindi first, then English; without image or font, and without script but where
a passkey needs one."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import segno
from flask import Response
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from identity.application.sign_in.read_choices import Choices
from identity.application.sign_in.read_factors import Offered
from identity.domain.factors.factors import in_groups
from identity.domain.people.rights import Right, Role
from identity.domain.recovery.recovery import Recovery
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
_PATH_OF_ROLE = "/v1/oauth2/sign-in/role"
_PATH_OF_NEW_NUMBER = "/v1/oauth2/sign-in/new-number"
_ROLES = {
    Role.CITIZEN: ("नागरिक", "Citizen"),
    Role.OPERATOR: ("केंद्र संचालक", "Centre operator"),
    Role.STAFF: ("केंद्र कर्मचारी", "Centre staff"),
    Role.LSP: ("स्थानीय सेवा प्रदाता", "Local service provider"),
    Role.OFFICER: ("अधिकारी", "Officer"),
    Role.DISTRICT_ADMIN: ("ज़िला प्रशासन", "District administration"),
    Role.STATE_ADMIN: ("राज्य प्रशासन", "State administration"),
    Role.AUDITOR: ("लेखा परीक्षक", "Auditor"),
}
_PATHS = {
    "code": _PATH_OF_CODE,
    "prove": "/v1/oauth2/sign-in/factor",
    "enrol": "/v1/oauth2/sign-in/factor-enrolment",
    "codes": "/v1/oauth2/sign-in/recovery-codes",
    "end": "/v1/oauth2/sign-in/end",
}
_INDIA = ZoneInfo("Asia/Kolkata")  # whoever reads it lives there
_QR_SCALE = 4  # pixels a module: an otpauth address fits into the narrowest phone


@cache
def _templates() -> Environment:
    return Environment(
        loader=ChoiceLoader([PackageLoader(f"identity.entrypoints.http.{area}") for area in ("sign_in", "assistance")]),
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
    sign_in: SignIn,
    app_name: str,
    ticket: str,
    *,
    choices: Choices | None = None,
    status: int = 200,
    problem: dict[str, Any] | None = None,
) -> Response:
    """The form that comes next, with what was wrong about the last one; `choices` where somebody has to choose."""
    asks_code = sign_in.stage is Stage.CODE_SENT
    return page(
        "sign_in.html",
        status,
        _source_of(sign_in.request.redirect_uri),
        app_name=app_name,
        ticket=ticket,
        asks_code=asks_code,
        mobile_shown=sign_in.mobile_shown,
        problem=problem,
        choices=_shown(choices) if choices else [],
        role_path=_PATH_OF_ROLE,
        mobile_path=_PATH_OF_MOBILE,
        code_path=_PATH_OF_CODE,
        new_number_path=_PATH_OF_NEW_NUMBER,
    )


def _shown(choices: Choices) -> list[dict[str, str]]:
    """Rights first: who has one came for it more often than not."""
    shown = [
        {"value": right.id, "hi": _named(right, hindi=True), "en": _named(right, hindi=False)}
        for right in choices.rights
    ]
    hi, en = _ROLES[Role.CITIZEN]
    return [*shown, {"value": Role.CITIZEN.value, "hi": hi, "en": en}] if choices.citizen else shown


def _named(right: Right, *, hindi: bool) -> str:
    role = _ROLES[right.role][0 if hindi else 1]
    post = right.designation_hi or right.designation if hindi else right.designation
    place = [right.office, right.department, right.kiosk_id, right.lsp_id, ", ".join(sorted(right.districts))]
    return " · ".join(part for part in (post or role, *place) if part)


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
    return page(
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
    return page(
        "recovery_codes.html", 200, _source_of(sign_in.request.redirect_uri), ticket=ticket, codes=codes, paths=_PATHS
    )


def new_number_page(recovery: Recovery) -> Response:
    """From when on the new number signs in, and what may stop it."""
    assert recovery.effective_at is not None
    from_when = recovery.effective_at.astimezone(_INDIA).strftime("%d-%m-%Y %H:%M")
    return page("new_number.html", 200, "", recovery=recovery, from_when=from_when)


def stop_page(*, done: bool, status: int = 200, problem: dict[str, Any] | None = None) -> Response:
    """The form with which the owner of an old number stops a recovery; or, when it is done, that it is."""
    return page("stop.html", status, "", done=done, problem=problem, stop_path="/v1/oauth2/recovery-stop")


def problem_page(status: int, problem: dict[str, Any]) -> Response:
    """A problem as people read it, with nowhere to go on from here."""
    return page("problem.html", status, "", problem=problem)


def page(template: str, status: int, sent_back_to: str, *, scripted: bool = False, **context: Any) -> Response:
    """A page; `sent_back_to` is where its forms may lead besides here, as a source expression after a space."""
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


def see_other(address: str) -> Response:
    """303 without a body: the framework's own would repeat the address, and a code with it, in English."""
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def _source_of(redirect_uri: str) -> str:
    """The source expression of a registered redirect URI (CSP Level 3 §2.3.1), which has no form for IPv6."""
    parts = urlsplit(redirect_uri)
    if parts.scheme in ("http", "https") and ":" not in (parts.hostname or ""):
        return f" {parts.scheme}://{parts.netloc}"
    return f" {parts.scheme}:"
