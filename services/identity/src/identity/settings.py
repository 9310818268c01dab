"""What identity is told by its environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, unquote, urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from marshmallow import ValidationError, fields, validate

from identity.domain.clients.client import MAX_SCOPES, SCOPE
from identity.domain.clients.counter_scopes import KIOSK_SCOPES
from servicekit.settings import ServiceSettings, SettingProblem, SettingsError, setting, web_address

MAX_SIGNING_KEYS = 8  # one signs and a few overlap; more is a mistake


def signing_keys(text: str) -> tuple[OKPKey, ...]:
    """One private Ed25519 JWK, or a JWKS of several, as JSON text → keys, each with a kid.

    A key without `kid` gets its RFC 7638 thumbprint, the same in every replica. Raises ValidationError.
    """
    keys = tuple(_private_key(jwk) for jwk in _jwks(text))
    if len({key.kid for key in keys}) < len(keys):
        raise ValidationError("Two keys have the same kid.")
    return keys


def _jwks(text: str) -> list[Any]:
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise ValidationError("Is not JSON.") from error
    jwks = parsed.get("keys", [parsed]) if isinstance(parsed, dict) else None
    if not isinstance(jwks, list) or not 1 <= len(jwks) <= MAX_SIGNING_KEYS:
        raise ValidationError(f"Must be one JWK, or a JWKS with 1 to {MAX_SIGNING_KEYS} keys.")
    return jwks


def _private_key(jwk: Any) -> OKPKey:
    # Nothing of the key is repeated in a message: it is the platform's most valuable secret.
    if not isinstance(jwk, dict) or not jwk.get("d") or (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        raise ValidationError("Every key must be a private Ed25519 JWK: kty OKP, crv Ed25519, x and d.")
    try:
        key = OKPKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "d", "kid") if name in jwk})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ValidationError("A key's x or d is not a valid Ed25519 value.") from error
    key.ensure_kid()
    return key


def centre_scopes(text: str) -> frozenset[str]:
    """Scopes apart by spaces. Raises ValidationError."""
    scopes = frozenset(text.split())
    if not 0 < len(scopes) <= MAX_SCOPES or not all(SCOPE.fullmatch(scope) for scope in scopes):
        raise ValidationError(f"Must be 1 to {MAX_SCOPES} scopes such as payments:write, apart by spaces.")
    return scopes


def _issuer(value: str) -> None:
    """RFC 8414 §2 wants no query and no fragment; without a path its metadata is found at the root."""
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.netloc or value != f"{parts.scheme}://{parts.netloc}":
        raise ValidationError("Must be scheme and host only, without a trailing slash.")


@dataclass(frozen=True)
class KeyStorePlace:
    """Where the vault's keys are: `file` is a path, or `module` and `token` name a PKCS#11 library and its token."""

    file: str = ""
    module: str = ""
    token: str = ""


def key_store_place(text: str) -> KeyStorePlace:
    """`file:/path`, or a PKCS#11 URI (RFC 7512) such as pkcs11:token=vault?module-path=/usr/lib/….so.

    Raises ValidationError.
    """
    parts = urlsplit(text)
    if parts.scheme == "file" and parts.path.startswith("/") and not (parts.netloc or parts.query or parts.fragment):
        return KeyStorePlace(file=unquote(parts.path))
    token = dict(pair.partition("=")[::2] for pair in parts.path.split(";")).get("token", "")
    module = parse_qs(parts.query).get("module-path", [""])[0]
    if parts.scheme == "pkcs11" and token and module.startswith("/"):
        return KeyStorePlace(module=module, token=unquote(token))
    raise ValidationError("Must be file:/path, or pkcs11:token=NAME?module-path=/path/to/library.so (RFC 7512).")


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """identity's settings: the common ones, and where its keys are."""

    service_name: ClassVar[str] = "identity"

    issuer: str = setting(
        "ISSUER",
        fields.String(validate=_issuer),
        "the platform's public address, iss of every token, e.g. https://api.emitra.example",
    )
    signing_keys: tuple[OKPKey, ...] = setting(
        "SIGNING_KEYS",
        fields.Function(deserialize=signing_keys),
        'a private Ed25519 JWK, or {"keys": [...]}: the first key signs, all are published (rotation)',
        secret=True,
    )
    centre_scopes: frozenset[str] = setting(
        "CENTRE_SCOPES",
        fields.Function(deserialize=centre_scopes),
        "what the client of a newly approved centre may do: scopes apart by spaces",
        default=KIOSK_SCOPES,
    )
    vault_key_store: str = setting(
        "VAULT_KEY_STORE",
        fields.String(validate=key_store_place),
        "where the vault's keys are: file:/path, or pkcs11:token=NAME?module-path=/path/to/library.so; required where "
        "ENVIRONMENT is live, and a sandbox without it has a closed vault",
        default="",
    )
    vault_pin: str = setting(
        "VAULT_PIN",
        fields.String(),
        "the user PIN of the PKCS#11 token that VAULT_KEY_STORE names",
        default="",
        secret=True,
    )
    people_key: str = setting(
        "PEOPLE_KEY",
        fields.String(validate=validate.Length(min=32)),
        "at least 32 random characters by which mobile numbers are looked up and codes are kept, the same in every "
        "replica and for good; without it nobody signs in",
        default="",
        secret=True,
    )
    code_file: str = setting(
        "CODE_FILE",
        fields.String(),
        "sandbox only: the file that one-time codes are written to instead of being sent to a phone",
        default="",
    )
    sms_gateway_url: str = setting(
        "SMS_GATEWAY_URL",
        web_address(),
        'address of the gateway that messages are posted to as JSON, {"to", "text", "template_id"}; https where '
        "ENVIRONMENT is live; without it and without CODE_FILE nobody signs in",
        default="",
    )
    sms_gateway_token: str = setting(
        "SMS_GATEWAY_TOKEN",
        fields.String(),
        "sent to SMS_GATEWAY_URL as Authorization: Bearer; without it no such header is",
        default="",
        secret=True,
    )
    sms_code_template: str = setting(
        "SMS_CODE_TEMPLATE",
        fields.String(validate=validate.Length(max=64)),
        "template_id of messages with a code, as registered with the operators; without it none is sent",
        default="",
    )
    sms_notice_template: str = setting(
        "SMS_NOTICE_TEMPLATE",
        fields.String(validate=validate.Length(max=64)),
        "template_id of notices, as registered with the operators; without it none is sent",
        default="",
    )
    codes_a_day: int | None = setting(
        "CODES_A_DAY",
        fields.Integer(validate=validate.Range(min=5)),
        "codes that are sent in a day at most, a fifth of them kept for browsers that somebody signed in with before; "
        "without it there is no such limit",
        default=None,
    )

    recovery_wait_hours: int | None = setting(
        "RECOVERY_WAIT_HOURS",
        fields.Integer(validate=validate.Range(min=0)),
        "hours between an officer's approval of a recovery and the new number's counting, so that the old one's owner "
        "can stop it; at least 1 where ENVIRONMENT is live; without it nobody approves one",
        default=None,
    )

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """As every service's; live moreover an https issuer (RFC 8414 §2), a place for keys and no file of codes."""
        settings = super().load(environ)
        problems = []
        if settings.environment == "live" and not settings.issuer.startswith("https://"):
            problem = "must begin with https:// where ENVIRONMENT is live."
            problems.append(SettingProblem("ISSUER", problem, "Set it to the platform's public address."))
        if settings.environment == "live" and settings.code_file:
            problem = "must not be set where ENVIRONMENT is live: it holds people's codes and numbers."
            problems.append(SettingProblem("CODE_FILE", problem, "Leave it out."))
        if settings.environment == "live" and settings.sms_gateway_url.startswith("http://"):
            problem = "must begin with https:// where ENVIRONMENT is live: codes and numbers go there."
            problems.append(SettingProblem("SMS_GATEWAY_URL", problem, "Set it to the gateway's https address."))
        if settings.environment == "live" and settings.recovery_wait_hours == 0:
            problem = "must be 1 at least where ENVIRONMENT is live: nobody could stop a stranger's recovery."
            problems.append(SettingProblem("RECOVERY_WAIT_HOURS", problem, "Set it to the hours of your order."))
        place = settings.vault_key_store
        if settings.environment == "live" and not place:
            fix = "Set it to where the vault's keys are: file:/path or pkcs11:token=NAME?module-path=/path."
            problems.append(SettingProblem("VAULT_KEY_STORE", "is missing where ENVIRONMENT is live.", fix))
        if place.startswith("pkcs11:") and not settings.vault_pin:
            fix = "Set it to the user PIN of the token that VAULT_KEY_STORE names."
            problems.append(SettingProblem("VAULT_PIN", "is missing.", fix))
        if problems:
            raise SettingsError(problems)
        return settings
