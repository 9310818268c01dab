"""Conditional requests (RFC 9110, section 13): an ETag is made of a version, and is heeded wherever one is sent.

A route marked `versioned` sends an ETag. The chassis answers conditional reads of it by itself; a change asks
`precondition()` and has its use case check the version that it changes. No other route has a version, so a change
there that names one cannot have met it and is refused: ignoring If-Match would do what the caller forbade.
"""

import re

from flask import Flask, Request, Response, request
from werkzeug.datastructures import ETags

from servicekit.errors import StaleVersion
from servicekit.http import problems
from servicekit.versions import Precondition

IF_MATCH, IF_NONE_MATCH = "If-Match", "If-None-Match"
SAFE_METHODS = ("GET", "HEAD")
_VERSION = re.compile(r"[0-9]{1,18}", re.ASCII)  # as etag() writes them; no more digits than a 64-bit integer has


def etag(version: int) -> str:
    """The strong ETag of a version."""
    return f'"{version}"'


def precondition() -> Precondition:
    """What the request in progress demands of the version that it changes."""
    return Precondition(
        one_of=_versions(request.if_match, weak=False) if IF_MATCH in request.headers else None,
        none_of=_versions(request.if_none_match, weak=True),
    )


def _versions(tags: ETags, *, weak: bool) -> frozenset[int] | None:
    """The versions that the tags name; None for `*`. A weak tag proves no version (section 8.8.3.2)."""
    if tags.star_tag:
        return None
    named = tags.as_set(include_weak=weak)
    return frozenset(int(tag) for tag in named if _VERSION.fullmatch(tag))


def refuse_unmet(req: Request) -> None:
    """For a route without versions: raises StaleVersion when a change demands one."""
    if req.method not in SAFE_METHODS and IF_MATCH in req.headers and not req.if_match.star_tag:
        raise StaleVersion("What this address changes has no ETag, so If-Match cannot be met; leave it out.")


def register(app: Flask) -> None:
    """Have `app` answer conditional reads of whatever carries an ETag."""
    app.after_request(_answer_conditionally)


def _answer_conditionally(response: Response) -> Response:
    req = request._get_current_object()  # type: ignore[attr-defined] # the proxy would look it up each time
    if req.method not in SAFE_METHODS or response.status_code != 200 or "ETag" not in response.headers:
        return response
    tag, is_weak = response.get_etag()
    if IF_MATCH in req.headers and (is_weak or tag not in req.if_match):
        return problems.render(StaleVersion("It is not at the version that If-Match names; read it without."))
    if tag is not None and req.if_none_match.contains_weak(tag):
        # werkzeug leaves out the body and what describes it.
        response.status_code = 304
    return response
