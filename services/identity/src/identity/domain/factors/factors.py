"""The second factors of a person: an authenticator app, passkeys, and recovery codes for the day that both are lost."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from identity.domain.tokens.grants import stored
from identity.domain.tokens.methods import MULTIPLE_FACTORS, ONE_FACTOR

# Wrong or right, of all kinds, in one sign-in; then it begins anew, with a code to the phone.
MAX_FACTOR_TRIES = 5
# Of a million numbers three count at any instant: ten tries a day are a year for one chance in three hundred.
MAX_TOTP_TRIES = 10
TOTP_TRIES_COUNTED = timedelta(days=1)
# A phone, a computer, a key on the key ring, and its spare.
MAX_PASSKEYS = 5
RECOVERY_CODES = 10
# 80 bits: nobody guesses one, so a plain hash keeps it and no lock has to guard it.
RECOVERY_CODE_BYTES = 10
CHALLENGE_BYTES = 32  # WebAuthn Level 2 §13.4.3 wants 16 at least
# As many as each app of RFC 6238 takes: 160 bits, which RFC 4226 §4 recommends.
TOTP_SECRET_BYTES = 20


class Kind(StrEnum):
    """What somebody proves."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery-code"


# RFC 8176: pop, possession of a key; user, a test that somebody is there. A recovery code is a one-time password too.
_METHODS = {Kind.TOTP: ONE_FACTOR, Kind.RECOVERY_CODE: ONE_FACTOR, Kind.PASSKEY: (*ONE_FACTOR, "pop", "user")}


def methods(kind: Kind) -> tuple[str, ...]:
    """The `amr` of a sign-in with a code to the phone and this factor."""
    return (*_METHODS[kind], MULTIPLE_FACTORS)


@dataclass(frozen=True, kw_only=True)
class Totp:
    """An authenticator app. `sealed` is its secret, closed; codes of steps up to `last_step` count no more (RFC 6238
    §5.2: once)."""

    sealed: bytes = field(repr=False)
    last_step: int


@dataclass(frozen=True, kw_only=True)
class Passkey:
    """A credential of WebAuthn: `id` and the COSE key as its authenticator gave them."""

    id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int


@dataclass(frozen=True, kw_only=True)
class Factors:
    """Everything that one person can prove. `recovery_codes` are stored forms, each good once."""

    person_id: str
    totp: Totp | None = None
    passkeys: tuple[Passkey, ...] = ()
    recovery_codes: frozenset[str] = field(default=frozenset(), repr=False)

    def passkey(self, passkey_id: bytes) -> Passkey | None:
        """The passkey of that id, if it is the person's."""
        return next((passkey for passkey in self.passkeys if passkey.id == passkey_id), None)


@dataclass(frozen=True, kw_only=True)
class Used:
    """One factor, used: `step` of the app, `passkey` with its new count, or the stored form of a recovery code."""

    kind: Kind
    person_id: str
    at: datetime
    step: int | None = None
    passkey: Passkey | None = None
    recovery_code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """One factor more: an app in the place of the one before, or a passkey beside the others.

    `recovery_codes` are there where it is the person's first.
    """

    kind: Kind
    person_id: str
    totp: Totp | None = None
    passkey: Passkey | None = None
    recovery_codes: frozenset[str] = field(default=frozenset(), repr=False)


def new_challenge() -> bytes:
    """Random; not repeatable."""
    return secrets.token_bytes(CHALLENGE_BYTES)


def new_totp_secret() -> str:
    """In base32, as people and apps write it; not repeatable."""
    return base64.b32encode(secrets.token_bytes(TOTP_SECRET_BYTES)).decode()


def new_recovery_codes() -> tuple[str, ...]:
    """Ten, as people read them: ABCD-EFGH-IJKL-MNOP; not repeatable."""
    return tuple(
        in_groups(base64.b32encode(secrets.token_bytes(RECOVERY_CODE_BYTES)).decode(), "-")
        for _ in range(RECOVERY_CODES)
    )


def in_groups(text: str, between: str) -> str:
    """By fours: what has to be copied by hand."""
    return between.join(text[start : start + 4] for start in range(0, len(text), 4))


def stored_recovery_code(typed: str) -> str:
    """The form in which a recovery code is kept: white space, hyphens and letter case do not count."""
    return stored("".join(sign for sign in typed.upper() if not sign.isspace() and sign != "-"))
