"""What every page has: its frame in two languages, its headers, its size; and a page for every failure.

The pages need no script, set no cookie and make the browser ask nobody else; the headers make sure of it. Nothing here
is changed by anybody, so a form has no token against forged requests: there is nothing to forge.
"""

import gzip
import hashlib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from flask import Response, g, request
from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug.wrappers import Response as AnyResponse

from portal.bootstrap import Portal
from portal.entrypoints.language import LANGUAGES, Speech, speech
from servicekit.errors import NotFound
from servicekit.http import Blueprint, application
from servicekit.http.problems import CONTENT_TYPE as PROBLEM

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(self), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# What is the same for everybody may be kept for a minute: going back costs nothing on a slow line.
PAGE_MAX_AGE_SECONDS = 60
# The address of an asset has its content's digest in it.
ASSET_MAX_AGE_SECONDS = 31_536_000
# Smaller answers fit into one packet as they are.
LEAST_COMPRESSED_BYTES = 1_000
# When somebody last read every page through; a page that changes moves it.
REVIEWED_ON = date(2026, 11, 26)

_STATIC = files("portal.entrypoints") / "static"
_ASSETS = {
    "portal.css": "text/css; charset=utf-8",
    "mark.svg": "image/svg+xml",
    "position.js": "text/javascript; charset=utf-8",
}
# How a page's address begins; what is behind it is the same in both languages.
SPOKEN = f"/<any({', '.join(LANGUAGES)}):language>"

blueprint = Blueprint("frame")


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a text that is translated where it is shown
    """Marks a text for translation."""
    return text


# The pages that the frame leads to, in order: address behind the language, name, and what is there.
PLACES = (
    ("services", N_("Services"), N_("what they cost, which papers they take, how many days they need")),
    ("rates", N_("Rate list"), N_("what you pay for each certificate and on each bill, and by which order")),
    ("centres", N_("Nearest centre"), N_("by town, PIN code or where you are")),
    ("track", N_("Track"), N_("where your application or payment is, by the token on the receipt")),
    ("verify", N_("Verify"), N_("whether a certificate that you were shown is valid")),
)


class Asset(NamedTuple):
    """A file that pages name."""

    content: bytes
    address: str


@cache
def asset(name: str) -> Asset:
    """One of the files, with the address under which it stays the same for good.

    Raises FileNotFoundError where the style sheet was not made: `python styles/build.py` makes it.
    """
    content = (_STATIC / name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(content, f"/assets/{digest}/{name}")


@cache
def _templates(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("portal.entrypoints"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    said: Speech = speech(language)
    environment.install_gettext_callables(said.gettext, said.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {
        "day": said.day,
        "instant": said.instant,
        "label": said.label,
        "member": said.member,
        "number": said.number,
        "rupees": said.rupees,
    }
    environment.globals |= {
        "asset": lambda name: asset(name).address,
        "language": language,
        "languages": LANGUAGES,
        "places": PLACES,
        "reviewed_on": REVIEWED_ON.isoformat(),
    }
    return environment


def said() -> Speech:
    """The speech of the page in progress."""
    return speech(g.language)


def page(template: str, *, status: int = 200, kept: bool = False, **context: Any) -> Response:
    """A page in the language of its address. `kept`: it is the same for everybody, and may be kept for a minute."""
    shown = _templates(g.language).get_template(template)
    html = shown.render(
        here=request.path,
        other_addresses=_other_addresses(),
        sandbox=application(Portal).sandbox,
        **context,
    )
    response = Response(html, status, content_type="text/html; charset=utf-8")
    if kept:
        response.headers["Cache-Control"] = f"public, max-age={PAGE_MAX_AGE_SECONDS}"
    return response


def _other_addresses() -> Mapping[str, str]:
    """The address of this page in each language; a page that shows what was sent leads back to its empty form."""
    if not _spoken(request.path):
        return {language: f"/{language}" for language in LANGUAGES}
    query = request.query_string.decode("ascii", "replace")
    behind = request.path.removeprefix(f"/{g.language}") + (f"?{query}" if query else "")
    return {language: f"/{language}{behind}" for language in LANGUAGES}


def _spoken(path: str) -> str | None:
    """The language in an address."""
    first = path.removeprefix("/").partition("/")[0]
    return first if first in LANGUAGES else None


@blueprint.route("/assets/<digest>/<name>")
@blueprint.public("a page for everybody", documented=False)
def get_asset(digest: str, name: str) -> AnyResponse:
    """A file of the pages; an older release's address leads nowhere."""
    if name not in _ASSETS or asset(name).address != f"/assets/{digest}/{name}":
        raise NotFound("There is no such file.")
    response = Response(asset(name).content, content_type=_ASSETS[name])
    response.headers["Cache-Control"] = f"public, max-age={ASSET_MAX_AGE_SECONDS}, immutable"
    return response


@blueprint.app_url_value_preprocessor
def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values:
        values.pop("language", None)


@blueprint.before_app_request
def _listen() -> None:
    g.language = _spoken(request.path) or next(iter(LANGUAGES))


@blueprint.after_app_request
def _dress(response: Response) -> Response:
    """Headers; the chassis' problem documents as pages; and fewer bytes."""
    if response.content_type == PROBLEM:
        response = _problem_page(response)
    response.headers.update(HEADERS)
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) >= LEAST_COMPRESSED_BYTES and request.accept_encodings["gzip"] > 0:
        # Nothing in a page is secret, so that its length cannot tell one.
        response.set_data(gzip.compress(body, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _problem_page(response: Response) -> Response:
    problem = response.get_json()
    if "language" not in g:
        _listen()
    shown = page("problem.html", status=response.status_code, problem=problem)
    for name in ("Allow", "Retry-After"):
        if name in response.headers:
            shown.headers[name] = response.headers[name]
    return shown


def address(*parts: str) -> str:
    """An address of a page in the language of the one in progress."""
    return "/".join(["", g.language, *parts])
