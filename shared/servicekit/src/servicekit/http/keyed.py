"""The HTTP half of Idempotency-Key: its syntax, the request's fingerprint, the mark on a replayed answer."""

import hashlib
import json
import re
from datetime import timedelta

from flask import Request, request

from servicekit.access import Role
from servicekit.errors import FieldProblem, MalformedRequest
from servicekit.http.context import caller
from servicekit.http.exchange import exchange
from servicekit.idempotency import Claim
from servicekit.instants import utc_now

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"
_KEY = re.compile(r"[A-Za-z0-9._:-]{16,128}")
_FIX = (
    "Send a header Idempotency-Key of 16 to 128 letters, digits or . _ : - that you choose for this one effect "
    "(a UUID does well) and keep for every repeat of it."
)


def read_key(req: Request) -> str:
    """The request's key, without its quotes; raises MalformedRequest saying how to send one."""
    given = req.headers.get(HEADER)
    if given is None:
        raise MalformedRequest(
            f"The header {HEADER} is missing. {_FIX}",
            errors=[FieldProblem(HEADER, "required", "This request needs an idempotency key.")],
        )
    # RFC draft-ietf-httpapi-idempotency-key writes it as a quoted string; many clients send it bare.
    key = given[1:-1] if len(given) >= 2 and given[0] == given[-1] == '"' else given
    if not _KEY.fullmatch(key):
        raise MalformedRequest(
            f"The header {HEADER} does not have the right form. {_FIX}",
            errors=[FieldProblem(HEADER, "invalid-format", "16 to 128 characters of A-Z a-z 0-9 . _ : -")],
        )
    return key


def idempotency_claim() -> Claim:
    """The claim that this request's effect must be made under; RuntimeError outside a keyed route.

    The fingerprint covers method, path and body. The body counts by meaning: order of members and white space
    do not matter, so a client that serialises anew for a retry still repeats the same request.
    """
    current = exchange()
    if current.keyed is None:
        raise RuntimeError("idempotency_claim() was asked for in a route that is not keyed")
    mark, key = current.keyed
    if current.body is not None:
        body = json.dumps(current.body, sort_keys=True, separators=(",", ":")).encode()
    else:
        body = request.get_data(cache=True)
    fingerprint = hashlib.sha256(b"\n".join([request.method.encode(), request.path.encode(), body])).hexdigest()
    return Claim(
        client_id=_owner_of_keys(),
        operation=mark.operation,
        key=key,
        fingerprint=fingerprint,
        expires_at=utc_now() + timedelta(days=mark.retention_days),
    )


def _owner_of_keys() -> str:
    """Keys are a client's own; of an app that many people sign in to, each person's own, or one could have another's
    answer. Officers' clients acted for one person each before that, and keep the keys that they have."""
    known = caller()
    if known.person is None or known.role == Role.OFFICER:
        return known.client_id
    return f"{known.client_id}/{known.person.id}"


def mark_replayed(replayed: bool) -> None:
    """Have the answer say `Idempotent-Replayed: true` when an earlier request did the work."""
    exchange().replayed = replayed
