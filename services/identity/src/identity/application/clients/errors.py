"""What can go wrong at the token endpoint and the command line, by what the caller should do.

Token errors carry RFC 6749 §5.2's `error` and `error_description` beside the problem's members, so
both an OAuth library and our own clients understand them. RFC 6749 allows in a description printable
ASCII without the double quote and the backslash: keep the details so.
"""

from collections.abc import Sequence
from typing import ClassVar

from identity.application.people.errors import CommandRefused
from servicekit.errors import (
    Conflict,
    FieldProblem,
    MalformedRequest,
    NotAuthenticated,
    NotFound,
    RateLimited,
    ValidationFailed,
)


class OAuthError:
    """Adds the two RFC 6749 members to the service error it is mixed into."""

    oauth_error: ClassVar[str]
    # RFC 6749 §5.2; libraries look for `error` in nothing else.
    media_type: ClassVar[str] = "application/json"

    def __init__(
        self, detail: str, *, errors: Sequence[FieldProblem] = (), retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(  # type: ignore[call-arg] # the service error's, next in line
            detail,
            errors=errors,
            retry_after_seconds=retry_after_seconds,
            error=self.oauth_error,
            error_description=detail,
        )


class InvalidTokenRequest(OAuthError, MalformedRequest):
    """A parameter is missing, repeated, too long or malformed, or two ways of authenticating were mixed."""

    slug = "invalid-token-request"
    title = "The token request is malformed"
    title_hi = "टोकन अनुरोध सही रूप में नहीं है"
    oauth_error = "invalid_request"


class InvalidClient(OAuthError, NotAuthenticated):
    """Unknown client, wrong secret, wrong assertion or revoked client: deliberately one and the same answer."""

    slug = "invalid-client"
    title = "Client authentication failed"
    title_hi = "क्लाइंट की पहचान प्रमाणित नहीं हुई"
    challenge = "Basic"  # RFC 6749 §5.2: the scheme a client should have used
    oauth_error = "invalid_client"


class TooManyFailedAuthentications(OAuthError, RateLimited):
    """This client id has failed to authenticate too often within a minute. A correct secret still works."""

    slug = "too-many-failed-authentications"
    title = "Too many failed authentications"
    title_hi = "प्रमाणीकरण के बहुत अधिक असफल प्रयास"
    oauth_error = "invalid_client"


class NoSuchCentreClient(NotFound):
    """The caller's centre has no client of this id."""

    slug = "no-such-centre-client"
    title = "The centre has no such client"
    title_hi = "केंद्र का ऐसा कोई क्लाइंट नहीं है"


class ClientClaimed(Conflict):
    """The client has its keys already, and they are others; it gets keys once.

    If nobody at the centre did this, or the key is lost, ask the district's e-Mitra office: the client is then revoked.
    """

    slug = "client-claimed"
    title = "The client has its keys already"
    title_hi = "क्लाइंट की कुंजियाँ पहले से दर्ज हैं"


class UnusablePublicKeys(ValidationFailed):
    """`keys` is a JWKS of one to four public keys, Ed25519 or P-256, without a private member."""

    slug = "unusable-public-keys"
    title = "These are no public keys that can be used"
    title_hi = "ये उपयोग-योग्य सार्वजनिक कुंजियाँ नहीं हैं"


class ClientExists(CommandRefused):
    """A client with this id is already registered."""


class UnknownClient(CommandRefused):
    """No client has this id. The token endpoint never says so."""


class SandboxOnly(CommandRefused):
    """Sandbox clients are never created where ENVIRONMENT is live: test and live keys never cross."""


class ClientHasNoSecret(CommandRefused):
    """A secret was to be rotated of a client that has none."""
