"""Record somebody by a mobile number, before they sign in for the first time."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.people.errors import PersonRefused
from identity.application.people.ports import MobileOwners
from identity.domain.people.mobile import read_mobile
from identity.domain.people.person import Person
from identity.domain.people.rights import Role


@dataclass(frozen=True, kw_only=True)
class RecordPerson:
    """`mobile` as written; `person_id` is minted by the caller."""

    mobile: str = field(repr=False)
    person_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RecordPersonHandler:
    """Whose number it is: the key to rights of somebody who never signed in."""

    owners: MobileOwners
    key: bytes = field(repr=False)

    def __call__(self, command: RecordPerson) -> str:
        """The id of who has the number: `person_id` when nobody had. Safe to repeat. Raises PersonRefused."""
        mobile = read_mobile(command.mobile)
        if mobile is None:
            raise PersonRefused("That is no mobile number of India: ten digits that begin with 6, 7, 8 or 9.")
        if not self.key:
            raise PersonRefused("PEOPLE_KEY is not set, so no number can be recorded.")
        person = Person(id=command.person_id, role=Role.CITIZEN, created_at=command.at)
        return self.owners.record(mobile.index(self.key), mobile.shown, person)
