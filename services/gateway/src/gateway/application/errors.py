"""The gateway's own problem types. Everything else a caller sees comes unchanged from the services.

`proxy_error` is the name RFC 9209 (section 2.3) gives to what went wrong between the gateway and a service.
"""

from typing import ClassVar

from servicekit.errors import (
    DependencyTimeout,
    DependencyUnavailable,
    MalformedRequest,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    ValidationFailed,
)


class TokenMissing(NotAuthenticated):
    """The operation needs an access token and the request carries none.

    Get one with client credentials at `POST /v1/oauth2/token` and send it as `Authorization: Bearer <token>`.
    """

    slug = "token-missing"
    title = "An access token is required"
    title_hi = "एक्सेस टोकन आवश्यक है"


class TokenExpired(NotAuthenticated):
    """The access token was good but its time is over; get a new one and repeat the request.

    Repeat with the same Idempotency-Key if it had one.
    """

    slug = "token-expired"
    title = "The access token has expired"
    title_hi = "एक्सेस टोकन की अवधि समाप्त हो चुकी है"


class TokenInvalid(NotAuthenticated):
    """The access token is damaged, not signed by this platform's identity service, or meant for somebody else.

    Repeating it does not help; get a new one at `POST /v1/oauth2/token`.
    """

    slug = "token-invalid"
    title = "The access token is not valid"
    title_hi = "एक्सेस टोकन मान्य नहीं है"


class TokenWithdrawn(NotAuthenticated):
    """The access token was good, but what it stood for was ended since; `why` says what.

    `client-revoked`: the client was ended for good and gets no other token. `sign-in-ended`, `right-changed`: the
    person has to sign in again. `token-revoked`: the client gave this token back and takes a new one. Repeating the
    request with this token does not help.
    """

    slug = "token-withdrawn"
    title = "The access token was withdrawn"
    title_hi = "एक्सेस टोकन वापस ले लिया गया है"


class AccessSuspended(NotPermitted):
    """The centre is suspended: tokens of it and of who works there are refused until it is reinstated.

    `suspended_until` says when the suspension ends by itself (null: it does not), `reason` what the register gave. The
    district's e-Mitra office says what has to be put right. What was begun before goes on to its end; a citizen can
    follow it with the receipt's token, and go to another centre or to the portal. Tokens count again afterwards.
    """

    slug = "access-suspended"
    title = "The centre is suspended"
    title_hi = "केंद्र निलंबित है"


class AccessEnded(NotPermitted):
    """The centre is closed for good: nobody acts for it any more; `reason` is what the register gave.

    What was begun before goes on to its end; a citizen can follow it with the receipt's token.
    """

    slug = "access-ended"
    title = "The centre is closed"
    title_hi = "केंद्र स्थायी रूप से बंद है"


class ScopeMissing(NotPermitted):
    """The access token is good but was not given the scope this operation needs; `missing_scope` names it.

    Ask for that scope when getting a token; if it is refused there, the client was not granted it.
    """

    slug = "scope-missing"
    title = "The access token lacks a scope"
    title_hi = "एक्सेस टोकन में आवश्यक अनुमति नहीं है"


class UnacceptablePath(MalformedRequest):
    """The path has a form that no operation uses: encoded slashes, backslashes, control characters or dot segments."""

    slug = "unacceptable-path"
    title = "The path is not acceptable"
    title_hi = "पथ स्वीकार्य नहीं है"


class RepeatedParameter(MalformedRequest):
    """A query parameter that takes one value was given more than once; `errors` names it."""

    slug = "repeated-parameter"
    title = "A query parameter was repeated"
    title_hi = "एक क्वेरी पैरामीटर दोहराया गया है"


class NotATransactionToken(ValidationFailed):
    """The text is not a transaction token: `EM` and 13 characters of which the last checks the others.

    It was mistyped: read it again from the receipt.
    """

    slug = "not-a-transaction-token"
    title = "This is not a transaction token"
    title_hi = "यह लेन-देन टोकन नहीं है"


class NoSuchTransaction(NotFound):
    """No transaction has this token, or it belongs to somebody else."""

    slug = "no-such-transaction"
    title = "No such transaction"
    title_hi = "ऐसा कोई लेन-देन नहीं है"


class NoSuchProblemType(NotFound):
    """No service of this platform describes a problem type of this name."""

    slug = "no-such-problem-type"
    title = "No such problem type"
    title_hi = "ऐसा कोई समस्या-प्रकार नहीं है"


class IdentityUnavailable(DependencyUnavailable):
    """Access tokens cannot be checked because the identity service has not yet given its keys; try again shortly."""

    slug = "identity-unavailable"
    title = "Access tokens cannot be checked at the moment"
    title_hi = "अभी एक्सेस टोकन की जाँच नहीं हो सकती"


class ServiceUnreachable(DependencyUnavailable):
    """The service behind this operation could not be reached; nothing was done. Repeat it after Retry-After seconds."""

    slug = "service-unreachable"
    title = "The service is not reachable at the moment"
    title_hi = "सेवा अभी उपलब्ध नहीं है"
    proxy_error: ClassVar[str] = "connection_refused"


class ServiceBusy(DependencyUnavailable):
    """The service behind this operation has as many requests as it takes; nothing was done. Repeat it shortly."""

    slug = "service-busy"
    title = "The service is busy"
    title_hi = "सेवा अभी व्यस्त है"
    proxy_error: ClassVar[str] = "connection_limit_reached"


class AnswerLost(DependencyUnavailable):
    """The service took the request but its answer did not arrive whole, so whether it was done is not known.

    Repeat it with the same Idempotency-Key: it is then done once only.
    """

    slug = "answer-lost"
    title = "The service's answer was lost"
    title_hi = "सेवा का उत्तर प्राप्त नहीं हुआ"
    proxy_error: ClassVar[str] = "connection_terminated"


class ServiceTimeout(DependencyTimeout):
    """The service did not answer within the time allowed, so whether the request was done is not known.

    Repeat it with the same Idempotency-Key: it is then done once only. `Emitra-Timeout-Ms` allows up to 60,000 ms.
    """

    slug = "service-timeout"
    title = "The service did not answer in time"
    title_hi = "सेवा ने समय पर उत्तर नहीं दिया"
    proxy_error: ClassVar[str] = "http_response_timeout"
