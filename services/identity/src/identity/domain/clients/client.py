"""The client: software that asks for tokens, and the centre or officer it acts for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from identity.domain.clients.client_secrets import NO_SECRET_SHA256
from identity.domain.people.definitions import (
    DEPARTMENT,
    DISTRICT_CODE,
    KIOSK_ID,
    MAX_NAME_LENGTH,
    PERSON_ID,
    InvalidDefinition,
)

CLIENT_ID = re.compile(r"cli_[A-Za-z0-9_]{1,60}")
# <resource>:<action>. The services own their scopes, so identity knows the form and no list of them:
# a new service must not need an edit here. The gateway's own scope "internal" does not fit, on purpose.
SCOPE = re.compile(r"[a-z][a-z0-9-]{0,39}:[a-z][a-z0-9-]{0,39}")
# Who may ask people to let something be done for them gets the tokens for it.
ASSISTING = frozenset({"assistances:write"})
MAX_SCOPES = 64  # keeps a token (and so every Authorization header) under 4 KiB
MAX_REDIRECT_URIS = 10
LONGEST_REDIRECT_URI = 512
MAX_PUBLIC_KEYS = 4  # one in use, its successor, and room for a mistake
# An app's own scheme is a domain name backwards (RFC 8252 §7.1), so that no two apps claim the same one.
_APP_SCHEME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+")
_LOOPBACK = frozenset({"127.0.0.1", "::1"})  # localhost may be another machine (RFC 8252 §8.3)
_PRINTABLE = re.compile(r"[!-~]+")


class ClientKind(StrEnum):
    """What the client is; it decides what it must be bound to."""

    KIOSK = "kiosk"
    PORTAL = "portal"
    OFFICER = "officer"
    MACHINE = "machine"
    APP = "app"  # on people's own phones and in their browsers: it can keep no secret, and acts for who signs in


class GrantType(StrEnum):
    """The ways to a token (RFC 6749 §1.3)."""

    CLIENT_CREDENTIALS = "client_credentials"
    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
    TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - RFC 8693


class Algorithm(StrEnum):
    """How a token is signed (RFC 7518, RFC 8037).

    Access tokens by EdDSA alone. RS256 is what OpenID Connect Discovery §3 has every provider offer for ID tokens.
    """

    EDDSA = "EdDSA"
    RS256 = "RS256"


class ClientStatus(StrEnum):
    """A revoked client stays on record and can never authenticate again."""

    ACTIVE = "active"
    REVOKED = "revoked"


class ScopeNotGranted(ValueError):
    """Scopes were asked for that the client does not have; `scopes` names them, sorted."""

    def __init__(self, scopes: Iterable[str]) -> None:
        self.scopes = sorted(scopes)
        super().__init__(" ".join(self.scopes))


@dataclass(frozen=True, kw_only=True)
class ActingPerson:
    """The one person an officer's client acts for: what services decide by, and never a name.

    `districts` holds LGD district codes as strings ("102" is Jaipur). `designation` is printed on what the officer
    signs; `designation_hi` is the same in Hindi, None while nobody has recorded it.
    """

    id: str
    role: str
    department: str
    designation: str
    districts: frozenset[str]
    designation_hi: str | None = None

    def __post_init__(self) -> None:
        problems = []
        if not PERSON_ID.fullmatch(self.id):
            problems.append("the person's id must look like per_0190ab12")
        if not DEPARTMENT.fullmatch(self.department):
            problems.append("the department must be a lower-case slug such as revenue")
        if not 0 < len(self.designation) <= MAX_NAME_LENGTH:
            problems.append(f"the designation must have 1 to {MAX_NAME_LENGTH} characters")
        if self.designation_hi is not None and not 0 < len(self.designation_hi) <= MAX_NAME_LENGTH:
            problems.append(f"the designation in Hindi must have 1 to {MAX_NAME_LENGTH} characters")
        if not self.districts:
            problems.append("an officer needs at least one district")
        if not all(DISTRICT_CODE.fullmatch(code) for code in self.districts):
            problems.append("districts are LGD codes in digits, such as 102 for Jaipur")
        if problems:
            raise InvalidDefinition(problems)


@dataclass(frozen=True, kw_only=True)
class EarlierSecret:
    """The secret before the present one, which counts beside it until `until`."""

    sha256: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Client:
    """A registered client. Raises InvalidDefinition, with every problem at once, when it breaks a rule.

    `redirect_uris` are where people are sent back to after they signed in, compared character by character (RFC 9700
    §2.1). A client with `public_keys` (JWKs) proves itself by them alone (RFC 7523); its secret counts no more.
    `id_token_algorithm` is what it wants its ID tokens signed with (id_token_signed_response_alg).
    """

    id: str
    name: str
    kind: ClientKind
    secret_sha256: str = field(repr=False)
    scopes: frozenset[str]
    kiosk_id: str | None = None
    person: ActingPerson | None = None
    redirect_uris: frozenset[str] = frozenset()
    public_keys: tuple[Mapping[str, Any], ...] = ()
    id_token_algorithm: Algorithm = Algorithm.EDDSA
    earlier_secret: EarlierSecret | None = None
    status: ClientStatus = ClientStatus.ACTIVE
    created_at: datetime

    def __post_init__(self) -> None:
        problems = [*self._form_problems(), *self._binding_problems(), *self._sign_in_problems()]
        if problems:
            raise InvalidDefinition(problems)

    def _form_problems(self) -> Iterable[str]:
        if not CLIENT_ID.fullmatch(self.id):
            yield "the client id must look like cli_jaipur_counter_7"
        if not 0 < len(self.name) <= MAX_NAME_LENGTH:
            yield f"the name must have 1 to {MAX_NAME_LENGTH} characters"
        if not 0 < len(self.scopes) <= MAX_SCOPES:
            yield f"a client needs 1 to {MAX_SCOPES} scopes"
        for scope in sorted(self.scopes):
            if not SCOPE.fullmatch(scope):
                yield f"{scope!r} is not a scope: write it as resource:action, such as payments:write"

    def _binding_problems(self) -> Iterable[str]:
        if self.kind is ClientKind.KIOSK and self.kiosk_id is None:
            yield "a kiosk client must be bound to one centre (kiosk id)"
        if self.kind is not ClientKind.KIOSK and self.kiosk_id is not None:
            yield "only a kiosk client is bound to a centre (kiosk id)"
        if self.kiosk_id is not None and not KIOSK_ID.fullmatch(self.kiosk_id):
            yield "the kiosk id must look like ksk_RJ10200001"
        if self.kind is ClientKind.OFFICER and self.person is None:
            yield "an officer client must be bound to one officer (department, designation, districts)"
        if self.kind is not ClientKind.OFFICER and self.person is not None:
            yield "only an officer client is bound to a person"

    def _sign_in_problems(self) -> Iterable[str]:
        if self.kind is ClientKind.APP and not self.redirect_uris:
            yield "an app needs a redirect URI: it acts for whoever signs in, and never for itself"
        if self.redirect_uris and self.kind not in (ClientKind.APP, ClientKind.PORTAL):
            yield "only an app or a portal signs people in (redirect URI)"
        if len(self.redirect_uris) > MAX_REDIRECT_URIS:
            yield f"a client has at most {MAX_REDIRECT_URIS} redirect URIs"
        for uri in sorted(self.redirect_uris):
            if problem := redirect_uri_problem(uri):
                yield f"the redirect URI {uri[:80]!r} {problem}"
        if self.id_token_algorithm is not Algorithm.EDDSA and not self.redirect_uris:
            yield "only a client that signs people in (redirect URI) gets ID tokens"
        if self.public_keys and self.kind is ClientKind.APP:
            yield "an app can keep no private key, so it has no public one"
        if len(self.public_keys) > MAX_PUBLIC_KEYS:
            yield f"a client has at most {MAX_PUBLIC_KEYS} public keys"

    @property
    def is_confidential(self) -> bool:
        """Whether the client can prove that it is itself."""
        return self.kind is not ClientKind.APP

    @property
    def has_secret(self) -> bool:
        """Whether it proves itself by a secret."""
        return self.is_confidential and not self.public_keys

    @property
    def grant_types(self) -> frozenset[GrantType]:
        """Refresh tokens are for people only: a machine asks anew (RFC 6749 §4.4.3)."""
        people = {GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN} if self.redirect_uris else set()
        machine = {GrantType.CLIENT_CREDENTIALS} if self.is_confidential else set()
        assisting = {GrantType.TOKEN_EXCHANGE} if ASSISTING & self.scopes else set()
        return frozenset(people | machine | assisting)

    @property
    def is_waiting(self) -> bool:
        """Whether it has yet to be given a public key; until then nothing proves that anybody is it."""
        return self.is_confidential and not self.public_keys and self.secret_sha256 == NO_SECRET_SHA256

    @property
    def is_active(self) -> bool:
        """Whether the client may authenticate at all."""
        return self.status is ClientStatus.ACTIVE

    @property
    def subject(self) -> str:
        """Whom a token of this client speaks of: its officer, else the client itself (RFC 9068 §2.2).

        The prefixes per_ and cli_ keep the two from ever being mistaken for each other (RFC 9068 §5).
        """
        return self.person.id if self.person else self.id

    def grant(self, requested: frozenset[str]) -> frozenset[str]:
        """The scopes of a new token: those requested, or all of the client's when none are.

        Raises ScopeNotGranted for any scope the client does not have; never grants a part silently.
        """
        if refused := requested - self.scopes:
            raise ScopeNotGranted(refused)
        return requested or self.scopes


def redirect_uri_problem(uri: str) -> str | None:
    """Why people cannot be sent back to this address, or None (RFC 6749 §3.1.2, RFC 8252 §7)."""
    if len(uri) > LONGEST_REDIRECT_URI or not _PRINTABLE.fullmatch(uri):
        return f"must be 1 to {LONGEST_REDIRECT_URI} printable ASCII characters"
    try:
        parts = urlsplit(uri)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "is not an address"
    if "#" in uri or "\\" in uri or "*" in uri or parts.username is not None or parts.password is not None:
        return "must have no fragment, user, backslash or asterisk"
    ends_well = (
        (parts.scheme == "https" and host)
        or (parts.scheme == "http" and host in _LOOPBACK)
        or _APP_SCHEME.fullmatch(parts.scheme)
    )
    if ends_well:
        return None
    return "must begin with https://, with http://127.0.0.1, or with an app's own scheme such as in.gov.example.app:/"
