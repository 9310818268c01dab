"""Reads a request of a client off the wire (RFC 6749 §3.2 and §2.3.1, RFC 7523), every doubt being a refusal."""

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from flask import Request
from marshmallow import Schema, ValidationError

from identity.application.clients.errors import InvalidClient, InvalidTokenRequest
from identity.entrypoints.http.tokens.schemas import ASSERTION_TYPE, LONGEST_CLIENT_ID, LONGEST_SECRET
from servicekit.errors import FieldProblem
from servicekit.http.problems import UnsupportedMediaType
from servicekit.http.validation import field_problems

FORM = "application/x-www-form-urlencoded"
_HOW_TO = "Authenticate with HTTP Basic, or with client_id and client_secret in the form."


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a client says of itself, wherever it put it."""

    client_id: str | None
    client_secret: str | None = field(default=None, repr=False)
    client_assertion: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class ClientRequest:
    """The form's parameters, each there once and with a value, and who sends it."""

    parameters: dict[str, str] = field(repr=False)
    credentials: Credentials


def client_request(request: Request, schema: Schema) -> ClientRequest:
    """What was sent.

    Raises UnsupportedMediaType (with what to send), InvalidTokenRequest and InvalidClient. No message repeats
    a value: people paste secrets into the wrong field.
    """
    if request.mimetype != FORM:
        raise UnsupportedMediaType(
            f"Send the parameters as {FORM}, such as grant_type=client_credentials (RFC 6749 4.4.2); "
            "this address reads no JSON.",
            error="invalid_request",
        )
    form = _form(request, schema)
    credentials = _credentials(form, _basic(request.headers.get("Authorization")))
    return ClientRequest(parameters=form, credentials=credentials)


def _credentials(form: dict[str, str], in_header: tuple[str, str] | None) -> Credentials:
    assertion = form.get("client_assertion")
    if (assertion is None) != ("client_assertion_type" not in form) or (
        assertion is not None and form["client_assertion_type"] != ASSERTION_TYPE
    ):
        raise InvalidTokenRequest(f"client_assertion goes with client_assertion_type={ASSERTION_TYPE}.")
    if (in_header is not None) + ("client_secret" in form) + (assertion is not None) > 1:
        raise InvalidTokenRequest("The client authenticates twice; use HTTP Basic, the form or an assertion alone.")
    if in_header is not None:
        if form.get("client_id", in_header[0]) != in_header[0]:
            raise InvalidTokenRequest("client_id in the form names another client than HTTP Basic does.")
        return Credentials(client_id=in_header[0], client_secret=in_header[1])
    if assertion is None and "client_id" not in form:
        raise InvalidClient(f"The request does not say which client sends it. {_HOW_TO}")
    return Credentials(
        client_id=form.get("client_id"), client_secret=form.get("client_secret"), client_assertion=assertion
    )


def _form(request: Request, schema: Schema) -> dict[str, str]:
    given = {}
    for name, values in request.form.lists():
        if len(values) > 1:
            known = name if name in schema.fields else "a parameter"
            raise InvalidTokenRequest(f"The request gives {known} {len(values)} times; give it once.")
        if values[0]:  # RFC 6749 §3.2: without a value it counts as omitted
            given[name] = values[0]
    try:
        loaded: dict[str, str] = schema.load(given)
    except ValidationError as error:
        problems = field_problems({"form": error.messages}, schema)
        raise InvalidTokenRequest(_summary(problems), errors=problems) from error
    return loaded


def _summary(problems: list[FieldProblem]) -> str:
    return " ".join(f"{problem.pointer.removeprefix('/')}: {problem.detail}" for problem in problems)


def _basic(authorization: str | None) -> tuple[str, str] | None:
    """Id and secret of an HTTP Basic header, each form-decoded as RFC 6749 §2.3.1 wants; None without header."""
    if authorization is None:
        return None
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient(f"This address takes no such Authorization. {_HOW_TO}")
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
    except ValueError as error:  # binascii.Error and UnicodeDecodeError
        raise InvalidClient(f"The Authorization header is not HTTP Basic. {_HOW_TO}") from error
    client_id, secret = unquote_plus(client_id), unquote_plus(secret)
    if not (colon and client_id and len(client_id) <= LONGEST_CLIENT_ID and len(secret) <= LONGEST_SECRET):
        raise InvalidClient(f"The Authorization header is not HTTP Basic with a client id and a secret. {_HOW_TO}")
    return client_id, secret
