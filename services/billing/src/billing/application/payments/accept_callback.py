"""A biller's callback says only that something may have changed: it moves no money, it makes the sweeper look now.

So a callback that is repeated, late, out of order or even untrue does no harm: what counts is the inquiry.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from billing.application.payments.errors import SignatureNotValid
from billing.application.payments.ports import Payments


@dataclass(frozen=True)
class AcceptCallback:
    """`body` is what `signature` (X-Signature) signs; `post_request_id` is what the body says it is about."""

    body: bytes
    signature: str
    post_request_id: str
    at: datetime


@dataclass(frozen=True)
class AcceptCallbackHandler:
    """Checks who speaks, then has the payment looked at. `secret` is agreed with the biller network."""

    payments: Payments
    secret: str

    def __call__(self, command: AcceptCallback) -> None:
        """Raises SignatureNotValid, whatever the callback is about. Safe to repeat."""
        # Compared in constant time.
        if not hmac.compare_digest(signature_of(command.body, self.secret).encode(), command.signature.encode()):
            raise SignatureNotValid("X-Signature is not the HMAC-SHA256 of the body under the agreed secret.")
        if payment_id := _payment_of(command.post_request_id):
            self.payments.resume_now(payment_id, command.at)


def signature_of(body: bytes, secret: str) -> str:
    """The X-Signature of a callback: hexadecimal HMAC-SHA256 of the body's bytes under the agreed secret."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _payment_of(post_request_id: str) -> str | None:
    """The payment a biller's request id speaks of (`<payment_id>:post`), or None for what is not ours."""
    return post_request_id.removesuffix(":post") if post_request_id.endswith(":post") else None
