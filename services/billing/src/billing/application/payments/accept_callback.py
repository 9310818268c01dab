"""A biller's callback says only that something may have changed: it moves no money, it makes the sweeper look now.

So a callback that is repeated, late, out of order or even untrue does no harm: what counts is the inquiry.
"""

import hashlib
import hmac

from billing.application.payments.errors import SignatureNotValid


def signature_of(body: bytes, secret: str) -> str:
    """The X-Signature of a callback: hexadecimal HMAC-SHA256 of the body's bytes under the agreed secret."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def require_signature(body: bytes, signature: str, secret: str) -> None:
    """Raises SignatureNotValid unless `signature` is that of `body`; compared in constant time."""
    if not hmac.compare_digest(signature_of(body, secret).encode(), signature.encode()):
        raise SignatureNotValid("X-Signature is not the HMAC-SHA256 of the body under the agreed secret.")


def payment_of(post_request_id: str) -> str | None:
    """The payment a biller's request id speaks of (`<payment_id>:post`), or None for what is not ours."""
    payment_id, colon, step = post_request_id.partition(":")
    return payment_id if colon and step == "post" else None
