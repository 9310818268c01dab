"""What the use cases need where people decide of their data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from identity.domain.privacy.breaches import Breach, BreachNotice, Intimation
from identity.domain.privacy.consents import Consent
from identity.domain.privacy.erasures import Answer, Erasure, Hold
from identity.domain.privacy.notices import Words
from identity.domain.vault.records import VaultRecord
from servicekit.idempotency import Claim, Once


class Consents(Protocol):
    """Receipts of consents. Each end of one is published."""

    def give(self, consent: Consent, event_id: str, request_id: str) -> Consent:
        """Put it in force, and end what it replaces, both or neither. Of two at once that say the same one counts.

        Gives the one in force that says the same, where there is one; nothing is changed then.
        """

    def get(self, consent_id: str, person_id: str) -> Consent | None:
        """A person's own receipt, ended or not; None for another's."""

    def withdraw(self, consent: Consent, at: datetime, event_id: str, request_id: str) -> None:
        """End it, once; a repeat changes nothing."""

    def of_person(self, person_id: str) -> Sequence[Consent]:
        """All receipts of a person, the newest first."""


@dataclass(frozen=True, kw_only=True)
class OwnReading:
    """A reading of a number of one's own: who read it, in plain words, is what the client and its post are called."""

    reading_id: str
    kind: str
    masked: str
    purpose: str
    reader: Words
    at: datetime


@dataclass(frozen=True, kw_only=True)
class SignInShown:
    """A sign-in that is still remembered."""

    app: str
    at: datetime
    ends_at: datetime
    ended: bool


@dataclass(frozen=True, kw_only=True)
class OwnMobile:
    """A mobile number of one's own, as it is shown."""

    shown: str
    since: datetime


class OwnData(Protocol):
    """What is kept of one person. Nothing of it is ever another's."""

    def readings(self, person_id: str, before: str | None, limit: int) -> Sequence[OwnReading]:
        """Readings of the person's numbers, the newest first, from the one before `before` on."""

    def numbers(self, person_id: str) -> Sequence[VaultRecord]:
        """The person's numbers in the vault, erased ones too."""

    def mobiles(self, person_id: str) -> Sequence[OwnMobile]:
        """The numbers that sign the person in."""

    def sign_ins(self, person_id: str) -> Sequence[SignInShown]:
        """Sign-ins, the newest first, while they are remembered."""


class Erasures(Protocol):
    """Requests for erasure. A person has at most one that is not closed."""

    def open(self, erasure: Erasure, event_id: str, request_id: str) -> Erasure:
        """Keep it and ask the services; the one that is open already, where there is one. Safe under a race."""

    def get(self, erasure_id: str) -> Erasure | None:
        """Whatever its state."""

    def of_person(self, person_id: str) -> Sequence[Erasure]:
        """All of a person, the newest first."""

    def answer(self, erasure_id: str, service: str, answer: Answer) -> Erasure | None:
        """Put it in the place of the service's last answer; None when the erasure is not open to answers."""

    def withdraw(self, erasure: Erasure, at: datetime, event_id: str, request_id: str) -> bool:
        """Close it unless it has begun, and tell the services, both or neither."""

    def waiting(self, at: datetime) -> Sequence[Erasure]:
        """Whose cooling-off is over, and those that were begun and not ended, the oldest first."""

    def begin(self, erasure: Erasure) -> bool:
        """From now on it runs to its end; False when it changed since it was read."""

    def own_holds(self, person_id: str) -> Sequence[Hold]:
        """What identity itself has against it: an office that the person holds."""

    def erase_person(self, erasure: Erasure, at: datetime) -> None:
        """Remove what names or finds the person. May be cut off anywhere and is safe to repeat."""

    def close(self, erasure: Erasure, at: datetime, event_id: str, request_id: str) -> bool:
        """Erased, and published, both or neither; False when it was before."""


class Breaches(Protocol):
    """The register of breaches, and what was told to whom."""

    def record(self, breach: Breach, claim: Claim) -> Once[str]:
        """Enter it once for the claim."""

    def get(self, breach_id: str) -> Breach | None:
        """One entry."""

    def all(self) -> Sequence[Breach]:
        """The whole register, the newest first."""

    def intimate(self, breach_id: str, what: Intimation, at: datetime) -> bool:
        """Note what the Board was told or until when it allowed; the first time counts. False for an unknown entry."""

    def untold(self) -> Sequence[Breach]:
        """Entries of which not every affected person has been told."""

    def tell_everybody_affected(self, breach: Breach, at: datetime) -> int:
        """A notice to each in the person's own account, once; how many persons. Safe to cut off and repeat."""

    def told(self, breach_id: str, at: datetime, persons: int) -> None:
        """Everybody affected has a notice."""

    def notices_of(self, person_id: str) -> Sequence[tuple[BreachNotice, Breach]]:
        """What a person was told, the newest first."""


class Kept(Protocol):
    """The collections of identity's database."""

    def names(self) -> Sequence[str]:
        """Those that there are."""

    def forget(self, collection: str, field: str, until: datetime) -> int:
        """Delete documents whose instant `field` is `until` or before; how many."""
