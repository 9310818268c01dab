"""What comes with somebody who signs in: the app's request, the browser's cookie, the forms."""

from marshmallow import EXCLUDE, Schema, fields, validate

from identity.domain.clients.client import LONGEST_REDIRECT_URI
from identity.domain.factors.factors import Kind
from identity.domain.people.mobile import LONGEST_WRITTEN
from identity.entrypoints.http.tokens.schemas import LONGEST_CLIENT_ID, LONGEST_SCOPE, printable, text, without_quotes
from servicekit.fields import Code

# `__Host-` keeps it to this host, over TLS, whatever other hosts of the domain would like to set.
DEVICE_COOKIE = "__Host-emitra-device"
LONGEST_CREDENTIAL = 16_384  # an answer with attestation has some 1,500 characters, with chains a few thousand
LONGEST_COOKIE = 4096  # as browsers have it; what is not of our form is not looked at
TOKEN_PATTERN = r"[A-Za-z0-9_-]{43}"  # noqa: S105 - the form of 32 random bytes
_TICKET = Code(
    TOKEN_PATTERN,
    longest=43,
    required=True,
    metadata={"description": "From the page: it belongs to this sign-in in this browser."},
)


def _plain(longest: int, description: str) -> fields.String:
    return fields.String(
        validate=[validate.Length(max=longest), printable, without_quotes], metadata={"description": description}
    )


class AuthorizationRequestSchema(Schema):
    """RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1. Unknown parameters are ignored."""

    class Meta:
        unknown = EXCLUDE

    response_type = _plain(64, "code")
    client_id = _plain(LONGEST_CLIENT_ID, "The app.")
    redirect_uri = _plain(LONGEST_REDIRECT_URI, "One of the app's, character by character.")
    scope = _plain(LONGEST_SCOPE, "Scopes separated by spaces, openid for an ID token; without it all of the app's.")
    state = text(1024, "Comes back as it is.")
    nonce = text(512, "Comes back in the ID token.")
    code_challenge = _plain(128, "PKCE: of S256.")
    code_challenge_method = _plain(16, "PKCE: S256.")
    role = _plain(
        32,
        "As what people sign in, such as citizen or operator, where the app is for one role alone; without it who may "
        "act as more than a citizen says so on a page.",
    )
    prompt = _plain(64, "With none the answer is login_required.")
    response_mode = _plain(32, "query, or left out.")
    request = _plain(8192, "Not supported.")
    request_uri = _plain(LONGEST_REDIRECT_URI, "Not supported.")


class DeviceCookieSchema(Schema):
    """The browser's cookie; what else it sends is not looked at."""

    class Meta:
        unknown = EXCLUDE

    device = fields.String(
        data_key=DEVICE_COOKIE,
        load_default="",
        validate=validate.Length(max=LONGEST_COOKIE),
        metadata={"description": "Set here, random; a browser that somebody signed in with is known by it."},
    )


class MobileFormSchema(Schema):
    """The first step."""

    csrf_token = _TICKET
    mobile = fields.String(required=True, validate=validate.Length(max=LONGEST_WRITTEN))


class CodeFormSchema(Schema):
    """The second step, or the way back to the app without it."""

    csrf_token = _TICKET
    code = fields.String(load_default="", validate=validate.Length(max=32))
    cancel = fields.String(load_default="", validate=validate.Length(max=8))


class NewNumberFormSchema(Schema):
    """In the place of the second step, of who has lost their number: the code that came to the new one, the old one and
    a recovery code."""

    csrf_token = _TICKET
    code = fields.String(required=True, validate=validate.Length(max=32))
    old_mobile = fields.String(required=True, validate=validate.Length(max=LONGEST_WRITTEN))
    recovery_code = fields.String(required=True, validate=validate.Length(max=32))


class ChoiceFormSchema(Schema):
    """The third step, where there is a choice."""

    csrf_token = _TICKET
    right = fields.String(
        required=True, validate=validate.Length(max=64), metadata={"description": "A right's id, or citizen."}
    )


def _kind(*kinds: Kind) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf([kind.value for kind in kinds]))


class FactorFormSchema(Schema):
    """The second factor: `code` of an app or a recovery code, or the answer of a passkey."""

    csrf_token = _TICKET
    kind = _kind(*Kind)
    code = fields.String(load_default="", validate=validate.Length(max=32))
    credential = fields.String(
        load_default="",
        validate=validate.Length(max=LONGEST_CREDENTIAL),
        metadata={"description": "PublicKeyCredential as JSON (WebAuthn Level 3 5.1)."},
    )
    more = fields.String(
        load_default="",
        validate=validate.Length(max=8),
        metadata={"description": "1: show what can be changed before going back to the app."},
    )


class FactorEnrolmentFormSchema(Schema):
    """A factor more: the first code of an app, or the answer of a new passkey."""

    csrf_token = _TICKET
    kind = _kind(Kind.TOTP, Kind.PASSKEY)
    code = fields.String(load_default="", validate=validate.Length(max=32))
    credential = fields.String(load_default="", validate=validate.Length(max=LONGEST_CREDENTIAL))


class StepFormSchema(Schema):
    """A step that asks nothing."""

    csrf_token = _TICKET
