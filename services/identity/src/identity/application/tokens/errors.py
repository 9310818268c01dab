"""What can go wrong where tokens are asked for, looked at and revoked (RFC 6749 §5.2, RFC 7009 §2.2.1)."""

from identity.application.clients.errors import OAuthError
from identity.application.people.errors import CommandRefused
from servicekit.errors import DependencyUnavailable, MalformedRequest, RateLimited

# To whoever became an officer since they signed in.
ONE_FACTOR_MORE = "This person needs a second factor to sign in; have them sign in again."


class InvalidGrant(OAuthError, MalformedRequest):
    """The authorization code or refresh token is unknown, expired, used before, another client's or revoked.

    Send the person to sign in again.
    """

    slug = "invalid-grant"
    title = "The sign-in does not count any more"
    title_hi = "यह साइन-इन अब मान्य नहीं है"
    oauth_error = "invalid_grant"


class UnauthorizedClient(OAuthError, MalformedRequest):
    """This client may not use this grant type: an app signs people in, a machine uses its own credentials."""

    slug = "unauthorized-client"
    title = "The client may not use this grant type"
    title_hi = "यह क्लाइंट इस ग्रांट प्रकार का उपयोग नहीं कर सकता"
    oauth_error = "unauthorized_client"


class CentreNotOpen(OAuthError, MalformedRequest):
    """The centre is suspended or closed, and its client gets no token; the detail says since what and until when.

    Ask the district's e-Mitra office what has to be put right. Tokens are given again when the centre is reinstated.
    """

    slug = "centre-not-open"
    title = "The centre is suspended or closed"
    title_hi = "केंद्र निलंबित या बंद है"
    oauth_error = "unauthorized_client"


class UnsupportedGrantType(OAuthError, MalformedRequest):
    """The grant types are client_credentials, authorization_code, refresh_token and RFC 8693's token-exchange."""

    slug = "unsupported-grant-type"
    title = "This grant type is not supported"
    title_hi = "यह ग्रांट प्रकार समर्थित नहीं है"
    oauth_error = "unsupported_grant_type"


class InvalidTarget(OAuthError, MalformedRequest):
    """A token was asked for another audience than emitra, or for a resource (RFC 8693 section 2.2.2)."""

    slug = "invalid-target"
    title = "Tokens are not exchanged for this target"
    title_hi = "इस लक्ष्य के लिए टोकन नहीं बदले जाते"
    oauth_error = "invalid_target"


class UnsupportedTokenType(OAuthError, MalformedRequest):
    """token_type_hint is access_token or refresh_token; it may be left out."""

    slug = "unsupported-token-type"
    title = "This token type is not supported"
    title_hi = "यह टोकन प्रकार समर्थित नहीं है"
    oauth_error = "unsupported_token_type"


class TooManyRevocations(OAuthError, RateLimited):
    """This client has revoked too many access tokens one by one; those before count no more, this one still does.

    Repeat it after Retry-After, or let the token end by itself. To end a sign-in, revoke its refresh token.
    """

    slug = "too-many-revocations"
    title = "Too many tokens were revoked"
    title_hi = "बहुत अधिक टोकन रद्द किए जा चुके हैं"
    oauth_error = "temporarily_unavailable"


class InvalidScope(OAuthError, MalformedRequest):
    """A scope is malformed, or the client was not granted it."""

    slug = "invalid-scope"
    title = "The scope is not granted to this client"
    title_hi = "यह अनुमति इस क्लाइंट को नहीं दी गई है"
    oauth_error = "invalid_scope"


class NoSigningKey(DependencyUnavailable):
    """The keys that sign tokens cannot be reached just now, or there are none yet; repeat the request later."""

    slug = "no-signing-key"
    title = "Tokens cannot be signed just now"
    title_hi = "अभी टोकन पर हस्ताक्षर नहीं किए जा सकते"


class SigningKeyRefused(CommandRefused):
    """A signing key that cannot be made or removed; the message says why."""
