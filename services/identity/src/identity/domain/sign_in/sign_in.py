"""A sign-in on its way: begun by an app, continued by a person with a number and a code."""

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from identity.domain.tokens.grants import AuthorizationRequest

SIGN_IN_LIVES = timedelta(minutes=15)
CODE_DIGITS = 6
CODE_LIVES = timedelta(minutes=5)
# Five of a million numbers for each code: with ten codes a day, somebody who guesses needs fifty years.
MAX_TRIES = 5
# What messages to one number may cost in a day, and how often a stranger can make a phone ring.
MAX_CODES_OF_A_NUMBER = 10
# A shared computer signs in whoever sits at it; more numbers than these in a day is a script.
MAX_CODES_OF_A_DEVICE = 30
CODES_COUNTED = timedelta(days=1)
# A browser that somebody signed in with is known again, and has codes of its own that no stranger uses up.
DEVICE_KNOWN = timedelta(days=180)


class Stage(StrEnum):
    """How far a sign-in is."""

    BEGUN = "BEGUN"
    CODE_SENT = "CODE_SENT"
    CHOOSING = "CHOOSING"  # the code was right, and the person has more than one thing to act as
    # Of somebody who acts by a right that wants a second factor: the first one is proved, then the second.
    NUMBER_PROVED = "NUMBER_PROVED"
    FACTOR_PROVED = "FACTOR_PROVED"
    DONE = "DONE"


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """A sign-in as kept: `id` is its ticket's stored form, `device_id` that of the browser's cookie.

    `mobile_index`, `mobile_shown` and `code_hmac` are there from the stage CODE_SENT. From NUMBER_PROVED on there are
    `person_id`, the right that they act by (`right_id`), what an authenticator has to sign (`challenge`) and, sealed,
    the secret for a new app (`totp_sealed`); from FACTOR_PROVED on `amr`.
    """

    id: str
    device_id: str
    request: AuthorizationRequest
    stage: Stage = Stage.BEGUN
    mobile_index: str | None = None
    mobile_shown: str | None = None
    code_hmac: str | None = field(default=None, repr=False)
    code_expires_at: datetime | None = None
    tries: int = 0
    expires_at: datetime
    person_id: str | None = None
    right_id: str | None = None
    challenge: bytes | None = field(default=None, repr=False)
    totp_sealed: bytes | None = field(default=None, repr=False)
    factor_tries: int | None = None
    amr: tuple[str, ...] | None = None


def codes_for_strangers(codes_a_day: int) -> int:
    """How many of a day's codes are for browsers that nobody signed in with; the others are kept for those that are
    known, so that a flood of strangers leaves them a way in."""
    return codes_a_day * 4 // 5


def new_code() -> str:
    """Six random digits; not repeatable."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def code_hmac(key: bytes, sign_in_id: str, code: str) -> str:
    """The form in which a code is kept: with the key, since a million codes are soon tried, and for one sign-in."""
    return hmac.digest(key, f"code:{sign_in_id}:{code}".encode(), hashlib.sha256).hex()


def read_code(text: str) -> str:
    """The code somebody typed, in any digits, white space and hyphens left out."""
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in text if not sign.isspace() and sign != "-")
