"""A person looks at what is kept: consents, who read the numbers, everything at once, what was told of breaches."""

from collections.abc import Sequence
from dataclasses import dataclass

from identity.application.people.ports import People
from identity.application.privacy.errors import ConsentNotFound
from identity.application.privacy.ports import (
    Breaches,
    Consents,
    Erasures,
    OwnData,
    OwnMobile,
    OwnReading,
    SignInShown,
)
from identity.application.privacy.read_notices import known_person
from identity.domain.people.person import Person
from identity.domain.privacy.breaches import Breach, BreachNotice
from identity.domain.privacy.consents import Consent
from identity.domain.privacy.erasures import Erasure
from identity.domain.vault.records import VaultRecord

# The list of readings has pages of its own; an export shows the latest and says where the others are.
READINGS_OF_AN_EXPORT = 100


@dataclass(frozen=True, kw_only=True)
class Export:
    """All that identity keeps of a person (section 11). No number in clear: who wants one reads it for its purpose.

    `others` are the services that have a part of their own.
    """

    person: Person
    mobiles: Sequence[OwnMobile]
    numbers: Sequence[VaultRecord]
    sign_ins: Sequence[SignInShown]
    consents: Sequence[Consent]
    readings: Sequence[OwnReading]
    erasures: Sequence[Erasure]
    breaches: Sequence[tuple[BreachNotice, Breach]]
    others: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class OwnDataReader:
    """Answers the person alone. Every answer raises PersonErased for who is no more."""

    people: People
    data: OwnData
    consents: Consents
    erasures: Erasures
    breaches: Breaches
    others: Sequence[str]

    def consent(self, person_id: str, consent_id: str) -> Consent:
        """One's own receipt. Raises ConsentNotFound, for another's too."""
        known_person(self.people, person_id)
        consent = self.consents.get(consent_id, person_id)
        if consent is None:
            raise ConsentNotFound("There is no consent of yours with this id.")
        return consent

    def consents_of(self, person_id: str) -> Sequence[Consent]:
        """All receipts, the newest first."""
        known_person(self.people, person_id)
        return self.consents.of_person(person_id)

    def readings(self, person_id: str, before: str | None, limit: int) -> tuple[Sequence[OwnReading], str | None]:
        """A page, the newest first, and where the next one begins; None on the last."""
        known_person(self.people, person_id)
        readings = self.data.readings(person_id, before, limit + 1)
        return readings[:limit], readings[limit - 1].reading_id if len(readings) > limit else None

    def breach_notices(self, person_id: str) -> Sequence[tuple[BreachNotice, Breach]]:
        """What the person was told of breaches."""
        known_person(self.people, person_id)
        return self.breaches.notices_of(person_id)

    def export(self, person_id: str) -> Export:
        """Everything."""
        return Export(
            person=known_person(self.people, person_id),
            mobiles=self.data.mobiles(person_id),
            numbers=self.data.numbers(person_id),
            sign_ins=self.data.sign_ins(person_id),
            consents=self.consents.of_person(person_id),
            readings=self.data.readings(person_id, None, READINGS_OF_AN_EXPORT),
            erasures=self.erasures.of_person(person_id),
            breaches=self.breaches.notices_of(person_id),
            others=self.others,
        )
