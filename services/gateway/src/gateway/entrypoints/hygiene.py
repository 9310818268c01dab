"""What is refused at the door: forms of a request that two programs could read differently, or that nobody needs.

Everything here works on the WSGI environ, before anything is sent to a service.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

from gateway.application.errors import RepeatedParameter, UnacceptablePath
from gateway.application.routes import Operation
from servicekit.errors import FieldProblem, MalformedRequest
from servicekit.http.body import MAX_BODY_BYTES
from servicekit.http.lifecycle import allow_body
from servicekit.http.problems import BodyTooLarge, UnsupportedMediaType

Environ = Mapping[str, Any]

# Nearly every path of this API; a segment that begins with a dot takes the longer way.
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_~:@-][A-Za-z0-9._~:@-]*)+")
# Encoded slash, backslash, NUL and other control characters, and a percent sign that would decode once more.
_AMBIGUOUS = re.compile(r"%(?:2f|5c|25|[01][0-9a-f]|7f)", re.IGNORECASE)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NOT_IN_A_PATH = re.compile(r"[^!-~]|[\\#<>\"^`{|}]")
_NOT_IN_A_QUERY = re.compile(r"[^!-~]")
_SAFE_IN_A_PATH = "/!$&'()*+,;=:@~"

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
     "transfer-encoding", "upgrade", "expect"}
)  # fmt: skip
# Set by the gateway itself, or believed by nobody when they come from outside.
_REPLACED = frozenset(
    {"host", "authorization", "content-length", "content-type", "cookie", "forwarded", "via", "baggage", "x-request-id",
     "traceparent", "tracestate", "x-real-ip", "x-http-method-override", "x-original-url", "x-rewrite-url"}
)  # fmt: skip
_REPLACED_PREFIXES = ("x-forwarded-", "x-user-", "x-internal-", "x-client-", "x-kiosk-", "x-emitra-", "emitra-")
_NOT_FROM_UPSTREAM = _HOP_BY_HOP | {"server", "date", "x-request-id", "content-length"}

# Names of headers come from outside, so what is remembered about them is bounded.
_MOST_REMEMBERED_NAMES = 512
_names: dict[str, str | None] = {}


def target_of(environ: Environ) -> tuple[str, str]:
    """The decoded path and the request target to send on (path, and the query if there is one).

    Raises UnacceptablePath for a path with encoded slashes, backslashes, control characters, dot or empty segments,
    MalformedRequest for a request target that is not a path or a query with characters that belong encoded.
    """
    raw: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or _rebuilt(environ)
    path, mark, query = raw.partition("?")
    if query and _NOT_IN_A_QUERY.search(query):
        raise MalformedRequest("The query has characters that must be percent-encoded.")
    if _PLAIN_PATH.fullmatch(path):
        return path, raw
    decoded = _decoded(path)
    return decoded, quote(decoded, safe=_SAFE_IN_A_PATH) + mark + query


def _rebuilt(environ: Environ) -> str:
    path = quote(str(environ.get("PATH_INFO", "")).encode("latin-1"), safe=_SAFE_IN_A_PATH + "%")
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def _decoded(path: str) -> str:
    if not path.startswith("/"):
        raise MalformedRequest("The request target must be a path that begins with /.")
    if _NOT_IN_A_PATH.search(path) or _AMBIGUOUS.search(path) or _BAD_ESCAPE.search(path):
        raise UnacceptablePath(
            "The path has an encoded slash, a backslash, a control character or a character that must be encoded."
        )
    try:
        # Encoded bytes must be UTF-8; `errors` would otherwise put replacement characters in their place.
        decoded = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), path.encode("ascii")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnacceptablePath("The path is not UTF-8.") from error
    segments = decoded.split("/")[1:]
    if any(segment in {".", ".."} for segment in segments) or "" in segments[:-1]:
        raise UnacceptablePath("The path has an empty segment or a dot segment; send it in its simplest form.")
    return decoded


def check_framing(environ: Environ) -> None:
    """Refuses what makes two servers see two different requests in the same bytes (request smuggling)."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        if environ.get("CONTENT_LENGTH"):
            raise MalformedRequest("A request has either Content-Length or Transfer-Encoding, not both.")
        if environ["HTTP_TRANSFER_ENCODING"].strip().lower() != "chunked":
            raise MalformedRequest("The only Transfer-Encoding understood here is chunked.")
    # Repeated headers arrive joined by a comma.
    if "," in environ.get("HTTP_HOST", ""):
        raise MalformedRequest("The request has more than one Host.")


def check_query(environ: Environ, operation: Operation) -> None:
    """Raises RepeatedParameter when a parameter that takes one value is there twice."""
    query = environ.get("QUERY_STRING", "")
    if "&" not in query:
        return
    seen: set[str] = set()
    for pair in query.split("&"):
        name = pair.partition("=")[0]
        if "%" in name or "+" in name:
            name = unquote_plus(name)
        if name in seen and name not in operation.repeatable:
            raise RepeatedParameter(
                "A query parameter that takes one value is given more than once.",
                errors=[FieldProblem(f"?{name[:50]}", "repeated", "Give it once.")],
            )
        seen.add(name)


def read_body(environ: Environ, operation: Operation) -> bytes | None:
    """The whole body, or None when there is none.

    Raises BodyTooLarge over what the operation reads, UnsupportedMediaType for a media type that it does not document
    or an encoded body, MalformedRequest for a wrong or unkept Content-Length and for a body on GET.
    """
    most_bytes = operation.most_body_bytes or MAX_BODY_BYTES
    allow_body(environ, most_bytes)
    if "HTTP_TRANSFER_ENCODING" in environ:
        body = environ["wsgi.input"].read(most_bytes + 1)
        length = len(body)
    else:
        length = _content_length(environ)
        if length > most_bytes:
            raise _too_large(most_bytes)
        body = environ["wsgi.input"].read(length) if length else b""
    if length > most_bytes:
        raise _too_large(most_bytes)
    if len(body) < length:
        raise MalformedRequest("The body ended before its Content-Length; send it whole.")
    if not body:
        return None
    if environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
        raise MalformedRequest("A GET request takes no body.")
    if "HTTP_CONTENT_ENCODING" in environ:
        raise UnsupportedMediaType("Send the body without Content-Encoding.")
    _check_media_type(environ, operation)
    return bytes(body)


def _too_large(most_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than {most_bytes} bytes.")


def _content_length(environ: Environ) -> int:
    text = environ.get("CONTENT_LENGTH") or "0"
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise MalformedRequest("Content-Length is not a whole number of bytes.")
    return int(text)


def _check_media_type(environ: Environ, operation: Operation) -> None:
    accepted = operation.body_types or frozenset({"application/json"})
    media_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if media_type not in accepted:
        raise UnsupportedMediaType(f"Send the body as {' or '.join(sorted(accepted))}, named in Content-Type.")


def forwarded_headers(environ: Environ, operation: Operation) -> dict[str, str]:
    """The caller's end-to-end headers: hop-by-hop ones and those only the gateway may set are left out.

    Of cookies those go on that the operation documents: what pages of one service keep is not for another to read.
    """
    headers = {}
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            name = _names[key] if key in _names else _remember(key)
            if name is not None:
                headers[name] = value
    content_type = environ.get("CONTENT_TYPE")
    if content_type:
        headers["Content-Type"] = content_type
    if operation.cookies and "HTTP_COOKIE" in environ:
        pairs = [pair.strip() for pair in environ["HTTP_COOKIE"].split(";")]
        headers["Cookie"] = "; ".join(pair for pair in pairs if pair.partition("=")[0] in operation.cookies)
    connection = environ.get("HTTP_CONNECTION")
    if connection and connection.lower() not in {"keep-alive", "close"}:
        for named in connection.split(","):
            headers.pop(named.strip().title(), None)
    return headers


def _remember(key: str) -> str | None:
    lower = key[5:].replace("_", "-").lower()
    dropped = lower in _HOP_BY_HOP or lower in _REPLACED or lower.startswith(_REPLACED_PREFIXES)
    name = None if dropped else lower.title()
    if len(_names) < _MOST_REMEMBERED_NAMES:
        _names[key] = name
    return name


def returned_headers(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A service's end-to-end headers, unchanged and in their order."""
    named = {
        token.strip().lower() for name, value in headers if name.lower() == "connection" for token in value.split(",")
    }
    dropped = _NOT_FROM_UPSTREAM | named if named else _NOT_FROM_UPSTREAM
    return [(name, value) for name, value in headers if name.lower() not in dropped]
