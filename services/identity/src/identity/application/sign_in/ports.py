"""What the use cases need where somebody signs in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from identity.domain.factors.factors import Enrolled, Used
from identity.domain.people.mobile import Mobile
from identity.domain.people.person import Person
from identity.domain.sign_in.sign_in import SignIn
from identity.domain.tokens.grants import AuthorizationCode


class CodeSender(Protocol):
    """Brings a code to a phone."""

    def send(self, mobile: Mobile, code: str, at: datetime) -> None:
        """Send. Raises servicekit.errors.DependencyUnavailable when it cannot be sent; never logs either."""


@dataclass(frozen=True)
class SentWindow:
    """Codes sent since a window opened, the newest included."""

    codes: int
    ends_at: datetime


class SentCodes(Protocol):
    """Counts codes in windows."""

    def record(self, key: str, at: datetime, window_seconds: int) -> SentWindow:
        """Count one more for `key`. Exact under concurrency."""


class SignIns(Protocol):
    """Sign-ins on their way, by the stored form of their ticket."""

    def add(self, sign_in: SignIn) -> None:
        """Keep a new one."""

    def get(self, sign_in_id: str) -> SignIn | None:
        """The sign-in, whatever its stage."""

    def send(self, sign_in: SignIn) -> bool:
        """Keep number, code and stage of one whose code is being sent, tries at 0; False when it is past that."""

    def code_was_right(self, sign_in: SignIn) -> bool:
        """Have the person of this sign-in choose; False when it is over or has another code meanwhile."""

    def count_try(self, sign_in_id: str, most: int) -> SignIn | None:
        """One more try at the code; None when `most` are used up or no code is there. Exact under concurrency."""

    def prove_number(self, sign_in: SignIn) -> bool:
        """Keep that a second factor is next; False when the sign-in went on, or its code was replaced, meanwhile."""

    def count_factor_try(self, sign_in_id: str, most: int) -> SignIn | None:
        """One more try at the second factor; None when `most` are used up. Exact under concurrency."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """Everything that the last proof brings about. `person` is recorded when the number is nobody's yet; `code` names
    that person, or whoever has the number, and its right is that person's. `device_id` takes the place of
    `sign_in.device_id`."""

    sign_in: SignIn
    person: Person
    code: AuthorizationCode
    device_id: str
    device_known_until: datetime


class Completions(Protocol):
    """The end of a sign-in, in one transaction."""

    def complete(self, completion: Completion) -> bool:
        """Do all of it; False, and nothing done, when the sign-in was completed or its code replaced meanwhile."""


class UsedBefore(Exception):
    """The step, the count or the recovery code was used meanwhile: it counts once."""


class FactorChanges(Protocol):
    """Steps of a sign-in that change a person's factors, each in one transaction."""

    def prove(self, sign_in: SignIn, used: Used) -> bool:
        """Use the factor, and keep that the sign-in proved it (`amr`); False, and nothing done, when the sign-in is
        not at NUMBER_PROVED. Raises UsedBefore, with nothing done."""

    def enrol(self, sign_in: SignIn, enrolled: Enrolled) -> bool:
        """Add the factor, and keep that the sign-in proved it; False, and nothing done, when the sign-in is at another
        stage than `sign_in` says, or somebody who has factors already would get their first."""

    def renew_recovery_codes(self, sign_in: SignIn, codes: frozenset[str]) -> bool:
        """Put these in the place of all that were there; False, and nothing done, when the sign-in is not at
        FACTOR_PROVED."""


class Devices(Protocol):
    """Browsers that people signed in with."""

    def knows(self, device_id: str, mobile_index: str, at: datetime) -> bool:
        """Whether this number's owner signed in with this browser."""
