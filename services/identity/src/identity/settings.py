"""What identity is told by its environment."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from marshmallow import ValidationError, fields, validate

from identity.domain.clients.client import MAX_SCOPES, SCOPE
from identity.domain.clients.counter_scopes import KIOSK_SCOPES
from servicekit.settings import ServiceSettings, SettingProblem, setting, web_address

_SERVICE = re.compile(r"[a-z][a-z0-9-]{0,39}")
MAX_SIGNING_KEYS = 8  # one signs and a few overlap; more is a mistake


def read_signing_keys(text: str) -> tuple[OKPKey, ...]:
    """One private Ed25519 JWK, or a JWKS of several, as JSON text → keys, each with a kid; none of an empty text.

    A key without `kid` gets its RFC 7638 thumbprint, the same in every replica. Raises ValidationError.
    """
    keys = tuple(_private_key(jwk) for jwk in _jwks(text)) if text else ()
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


def service_names(text: str) -> tuple[str, ...]:
    """Names of services, separated by commas, each once, in order. Raises ValidationError."""
    names = tuple(sorted({name.strip() for name in text.split(",")} - {""}))
    if not all(_SERVICE.fullmatch(name) for name in names):
        raise ValidationError("Must be names of services such as certificates,billing.")
    return names


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
        live=lambda issuer: None if issuer.startswith("https://") else "does not begin with https://.",
    )
    signing_keys: str = setting(
        "SIGNING_KEYS",
        fields.String(validate=read_signing_keys),
        'a private Ed25519 JWK, or {"keys": [...]}, for who keeps no keys in the vault: the first signs until one of '
        "`identity rotate-signing-keys` does, all are published",
        default="",
        secret=True,
    )
    centre_scopes: frozenset[str] = setting(
        "CENTRE_SCOPES",
        fields.Function(deserialize=centre_scopes),
        "what the client of a newly approved centre may do: scopes apart by spaces",
        default=KIOSK_SCOPES,
    )
    signing_key_days: int = setting(
        "SIGNING_KEY_DAYS",
        fields.Integer(validate=validate.Range(min=1, max=365)),
        "days after which the worker makes the next signing key",
        default=30,
    )
    vault_key_store: str = setting(
        "VAULT_KEY_STORE",
        fields.String(validate=key_store_place),
        "where the vault's keys are: file:/path, or pkcs11:token=NAME?module-path=/path/to/library.so; required where "
        "ENVIRONMENT is live, and a sandbox without it has a closed vault",
        default="",
        needed_live=True,
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
        "replica and for good; required where ENVIRONMENT is live, and without it nobody signs in",
        default="",
        secret=True,
        needed_live=True,
    )
    code_file: str = setting(
        "CODE_FILE",
        fields.String(),
        "sandbox only: the file that one-time codes are written to instead of being sent to a phone",
        default="",
        live=lambda _: "holds people's codes and numbers.",
    )
    erasure_cooling_off_hours: int = setting(
        "ERASURE_COOLING_OFF_HOURS",
        fields.Integer(validate=validate.Range(0, 24 * 90)),
        "how long somebody who asked to be erased may think again; 48 is the notice that the Digital Personal Data "
        "Protection Rules, 2025, rule 8(2), give before data is erased",
        default=48,
    )
    erasure_waits_for: tuple[str, ...] = setting(
        "ERASURE_WAITS_FOR",
        fields.Function(deserialize=service_names),
        "services, separated by commas, that must have said what they hold before anybody is erased; empty asks nobody",
        default=(),
    )
    sms_gateway_url: str = setting(
        "SMS_GATEWAY_URL",
        web_address(),
        'address of the gateway that messages are posted to as JSON, {"to", "text", "template_id"}; https where '
        "ENVIRONMENT is live; without it and without CODE_FILE nobody signs in",
        default="",
        live=lambda url: None if url.startswith("https://") else "does not begin with https://; codes go there",
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
        live=lambda hours: "leaves nobody time to stop a stranger's recovery" if int(hours) == 0 else None,
    )

    @classmethod
    def problems_between(cls, values: Mapping[str, Any], live: bool) -> Iterable[SettingProblem]:
        """A token of the vault's without its PIN, and nothing to sign with."""
        place = values.get("vault_key_store", "")
        if place.startswith("pkcs11:") and not values.get("vault_pin"):
            fix = "Set it to the user PIN of the token that VAULT_KEY_STORE names."
            yield SettingProblem("VAULT_PIN", "is missing.", fix)
        if not live and values.get("vault_key_store") == values.get("signing_keys") == "":
            fix = "Set it to where keys are kept, file:/path or pkcs11:…, or give SIGNING_KEYS one."
            yield SettingProblem(
                "VAULT_KEY_STORE", "is missing, and so is SIGNING_KEYS: there is nothing to sign with.", fix
            )
