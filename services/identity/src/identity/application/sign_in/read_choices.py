"""Read what somebody who signs in may act as."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.centres.ports import Centres
from identity.application.centres.standing import barred_centre
from identity.application.people.ports import People
from identity.domain.people.person import rights_in_force
from identity.domain.people.rights import Right, Role
from identity.domain.sign_in.sign_in import SignIn


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What somebody may act as in the app that they sign in to; `citizen`: as a citizen too.

    `person_id` is None where the number is nobody's yet.
    """

    person_id: str | None = None
    rights: tuple[Right, ...] = ()
    citizen: bool = True

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.rights) + self.citizen

    def has(self, right_id: str | None) -> bool:
        """Whether this right is among them; None: acting as a citizen."""
        return self.citizen if right_id is None else any(right.id == right_id for right in self.rights)


@dataclass(frozen=True, kw_only=True)
class ChoiceReader:
    """Finds what there is to choose from."""

    people: People
    centres: Centres

    def of(self, sign_in: SignIn, at: datetime) -> Choices:
        """Rights in force and citizen, or what the app asks for alone. Whose number is nobody's yet is a citizen."""
        role = Role(sign_in.request.role) if sign_in.request.role else None
        person = self.people.of_mobile(sign_in.mobile_index or "")
        rights = rights_in_force(person, at, role) if person else ()
        return Choices(
            person_id=person.id if person else None,
            rights=tuple(right for right in rights if barred_centre(self.centres, right.kiosk_id, at) is None),
            citizen=role in (None, Role.CITIZEN),
        )
