"""What went wrong, told as what the *caller* should do about it. Nothing here knows HTTP or AMQP.

A service subclasses one of these with its own `slug`, `title` and `title_hi`; servicekit.http maps each of
the classes below to a status and servicekit.events to retry-or-park. The first paragraph of a class's
docstring becomes the text of its page in the documentation, so it is written for the caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong with one place of a request.

    `pointer` is an RFC 6901 JSON pointer into the body (`/amount/amount`), `?name` for a query parameter or
    the header's name for a header. `code` is stable and kebab-case; `detail` is for people and may change, `detail_hi`
    is the same in Hindi, where a citizen or a counter reads it.
    """

    pointer: str
    code: str
    detail: str
    detail_hi: str | None = None


class ServiceError(Exception):
    """Any failure that a caller is told about.

    `detail` says what is wrong with this request and how to put it right; it never carries personal data.
    `members` become extension members of the problem document, so their values must be plain JSON.
    """

    slug: ClassVar[str]
    title: ClassVar[str]
    title_hi: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        retry_after_seconds: int | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after_seconds = retry_after_seconds
        self.members = members


class MalformedRequest(ServiceError):
    """The request could not be read: broken JSON, or a header that is missing or has a wrong form.

    Sending the same bytes again gives the same answer.
    """

    slug = "malformed-request"
    title = "The request could not be read"
    title_hi = "अनुरोध पढ़ा नहीं जा सका"


class ValidationFailed(ServiceError):
    """The request was read, but what it says is not acceptable; `errors` names each place and what is wrong."""

    slug = "validation-failed"
    title = "The request is not acceptable"
    title_hi = "अनुरोध में दी गई जानकारी स्वीकार्य नहीं है"


class NotAuthenticated(ServiceError):
    """The request carries no valid proof of who is calling; obtain a new token and repeat it."""

    slug = "not-authenticated"
    title = "Authentication is required"
    title_hi = "प्रमाणीकरण आवश्यक है"
    challenge: ClassVar[str] = "Bearer"  # the scheme the caller should authenticate with


class NotPermitted(ServiceError):
    """The caller is known but may not do this; `missing_scope` names the scope that is lacking, if one is."""

    slug = "not-permitted"
    title = "You are not permitted to do this"
    title_hi = "आपको यह कार्य करने की अनुमति नहीं है"


class RoleNotPermitted(NotPermitted):
    """Whoever is signed in acts in a role that this is not for; `roles` names those that it is for.

    Sign in as one of these, if you may act so.
    """

    slug = "role-not-permitted"
    title = "This is for people in another role"
    title_hi = "यह कार्य किसी अन्य भूमिका के लोगों के लिए है"


class NotFound(ServiceError):
    """There is no such thing, or it is not one that this caller may see."""

    slug = "not-found"
    title = "Not found"
    title_hi = "नहीं मिला"


class Conflict(ServiceError):
    """The request is well formed but the thing it acts on is not in a state that allows it."""

    slug = "conflict"
    title = "The request conflicts with the current state"
    title_hi = "अनुरोध वर्तमान स्थिति से मेल नहीं खाता"


class StaleVersion(ServiceError):
    """The thing changed since the caller read it; read it again and repeat the change with its new ETag."""

    slug = "stale-version"
    title = "The resource has changed since you read it"
    title_hi = "आपके पढ़ने के बाद यह जानकारी बदल चुकी है"


class IdempotencyKeyReused(ServiceError):
    """This Idempotency-Key was already used for a different request; a new request needs a new key."""

    slug = "idempotency-key-reused"
    title = "The idempotency key belongs to another request"
    title_hi = "यह आइडेम्पोटेंसी-कुंजी किसी अन्य अनुरोध में उपयोग हो चुकी है"


class RateLimited(ServiceError):
    """Too many requests in a short time; wait for the seconds in Retry-After and repeat."""

    slug = "rate-limited"
    title = "Too many requests"
    title_hi = "बहुत अधिक अनुरोध किए गए हैं"
    retryable = True


class DependencyUnavailable(ServiceError):
    """Something this service needs is not available; repeat the request, with the same key if it had one."""

    slug = "dependency-unavailable"
    title = "The service is temporarily unavailable"
    title_hi = "सेवा अस्थायी रूप से उपलब्ध नहीं है"
    retryable = True


class DependencyTimeout(ServiceError):
    """The time allowed for the request ran out; repeat it, with the same key if it had one.

    Whether the effect happened is not known; the key makes the repeat safe.
    """

    slug = "dependency-timeout"
    title = "The service did not answer in time"
    title_hi = "सेवा ने समय पर उत्तर नहीं दिया"
    retryable = True
