"""What a person let a client do: the grant, its authorization code and its refresh tokens."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from identity.domain.people.rights import ROLES_WITH_SECOND_FACTOR, Right
from identity.domain.tokens.methods import MULTIPLE_FACTORS, ONE_FACTOR

# Redeemed within a second by software; a minute covers a slow line. RFC 6749 §4.1.2 allows ten at most.
CODE_LIVES = timedelta(seconds=60)
# A used code is remembered for a day: sent again meanwhile, it ends what its first use gave (RFC 6749 §4.1.2).
USED_CODE_REMEMBERED = timedelta(days=1)
# Then the person signs in again. A token that is not used for so long is a lost phone's.
GRANT_LIVES = timedelta(days=30)
SECRET_BYTES = 32
OPENID = "openid"


def new_token() -> str:
    """256 random bits, URL-safe; not repeatable."""
    return secrets.token_urlsafe(SECRET_BYTES)


def stored(token: str) -> str:
    """The form in which a code or token is kept: random as it is, a plain SHA-256 cannot be reversed."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """What an app asked for when it sent somebody to sign in; checked before, and again before the code is given."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str | None
    nonce: str | None
    code_challenge: str
    role: str | None = None  # what the app has people act as; None: they say


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A person at a client, from one sign-in until `expires_at` or until it is revoked.

    They act by the right `right_id`, or as a citizen.
    """

    id: str
    client_id: str
    person_id: str
    scope: str
    auth_time: datetime
    expires_at: datetime
    right_id: str | None = None
    revoked: bool = False
    amr: tuple[str, ...] = ONE_FACTOR

    def is_in_force(self, at: datetime) -> bool:
        """Whether tokens of the grant count."""
        return not self.revoked and at < self.expires_at


@dataclass(frozen=True, kw_only=True)
class AuthorizationCode:
    """A code as kept: `id` is its stored form. The grant that it will make is named in advance."""

    id: str
    grant_id: str
    person_id: str
    request: AuthorizationRequest
    auth_time: datetime
    expires_at: datetime
    right_id: str | None = None
    used: bool = False
    amr: tuple[str, ...] = ONE_FACTOR

    def grant(self) -> Grant:
        """What the code's first use makes."""
        return Grant(
            id=self.grant_id,
            client_id=self.request.client_id,
            person_id=self.person_id,
            scope=self.request.scope,
            auth_time=self.auth_time,
            expires_at=self.auth_time + GRANT_LIVES,
            right_id=self.right_id,
            amr=self.amr,
        )


@dataclass(frozen=True, kw_only=True)
class RefreshToken:
    """A refresh token as kept: `id` is its stored form. It is good once; used again, it ends its grant."""

    id: str
    grant_id: str
    expires_at: datetime
    used: bool = False


def proves_enough(right: Right | None, grant: Grant) -> bool:
    """Whether the sign-in was as good as the right that the person acts by wants (None: a citizen's)."""
    return right is None or right.role not in ROLES_WITH_SECOND_FACTOR or MULTIPLE_FACTORS in grant.amr
