"""How both simulators speak HTTP: JSON in, JSON out, every refusal `{"error": slug, "detail": text}`."""

import errno
import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, NoReturn, Protocol, TypeVar

import msgspec
from flask import Flask, request
from flask.json.provider import JSONProvider
from flask.typing import ResponseReturnValue
from msgspec import Meta
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

# A bill payment's JSON is under 1 kB; anything much larger is the caller's mistake.
MAX_BODY_BYTES = 64 * 1024

# ₹1 crore. Far above any counter transaction, and far below what a 64-bit integer holds.
MAX_AMOUNT_PAISE = 100_000_000_00

# Rows on a page of an audit unless the query says otherwise, and the most that it may ask for.
DEFAULT_AUDIT_PAGE = 10_000
MAX_AUDIT_PAGE = 100_000

# The caller's own name for a request: a second request with this name and the same body has no second effect.
RequestId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,128}\Z")]

# Whole paise, at least one; text, fractions and booleans are refused.
Paise = Annotated[int, Meta(ge=1, le=MAX_AMOUNT_PAISE)]


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """A request's JSON object; members that are not declared are refused."""


class AuditQuery(Body, kw_only=True):
    """Parameters of GET /control/payments."""

    request_id: str | None = None
    offset: Annotated[int, Meta(ge=0)] = 0
    limit: Annotated[int, Meta(ge=1, le=MAX_AUDIT_PAGE)] = DEFAULT_AUDIT_PAGE


class Audited(Protocol):
    """What an audit lists: a payment or an authorisation."""

    request_id: str

    def audit(self, at: float) -> dict[str, Any]: ...


BodyT = TypeVar("BodyT", bound=Body)


class Refusal(Exception):
    """The simulator answers with this status and reason instead of doing what was asked."""

    def __init__(self, status: int, error: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.error = error
        self.detail = detail


def load_body(decoder: msgspec.json.Decoder[BodyT]) -> BodyT:
    """The request's JSON object. Raises Refusal 400, naming the member that is wrong; 415 if it is not JSON."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("send application/json")
    try:
        return decoder.decode(request.get_data(cache=False))
    except msgspec.ValidationError as error:
        raise Refusal(400, "bad-request", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, "malformed-json", str(error)) from error


def load_query(kind: type[BodyT]) -> BodyT:
    """The request's query parameters. Raises Refusal 400."""
    try:
        return msgspec.convert(request.args.to_dict(), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Refusal(400, "bad-request", str(error)) from error


def fingerprint(body: Body) -> str:
    """Short digest of a request: it tells a repeat from another request under the same id.

    It is kept instead of the request itself, so that the simulator does not remember a customer's mobile number.
    """
    return hashlib.blake2b(msgspec.json.encode(body, order="sorted"), digest_size=16).hexdigest()


def audit_page(records: Sequence[Audited], query: AuditQuery, at: float) -> dict[str, Any]:
    """The answer of GET /control/payments: one page of `records` as they are at this second of the epoch."""
    if query.request_id is not None:
        records = [record for record in records if record.request_id == query.request_id]
    page = [record.audit(at) for record in records[query.offset : query.offset + query.limit]]
    after = query.offset + len(page)
    return {"payments": page, "count": len(records), "next_offset": after if after < len(records) else None}


def drop_connection() -> NoReturn:
    """Ends the request without an answer: the caller sees the connection closed and does not learn the outcome.

    The server closes the connection when it meets this error, and sends nothing.
    """
    raise ConnectionResetError(errno.ECONNRESET, "told to drop this connection")


class _FastJson(JSONProvider):
    """JSON by msgspec, because it is fast: in the benchmarks, the simulators take processor time from the services."""

    def dumps(self, obj: Any, **_options: Any) -> str:
        return msgspec.json.encode(obj).decode()

    def loads(self, s: str | bytes, **_options: Any) -> Any:
        return msgspec.json.decode(s)


def new_app(name: str) -> Flask:
    """A Flask application that answers every error in the simulators' form."""
    app = Flask(name, static_folder=None)
    app.json = _FastJson(app)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    # Errors of no known kind go on to the server, which logs them and answers 500; so does a dropped connection.
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.add_url_rule("/livez", "livez", _livez)
    return app


def _livez() -> dict[str, bool]:
    return {"alive": True}


def _refused(refusal: Refusal) -> ResponseReturnValue:
    return {"error": refusal.error, "detail": refusal.detail}, refusal.status


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = HTTPStatus(error.code or 500)
    allow = {name: value for name, value in error.get_headers() if name == "Allow"}
    return {"error": status.phrase.lower().replace(" ", "-"), "detail": error.description or ""}, status, allow
