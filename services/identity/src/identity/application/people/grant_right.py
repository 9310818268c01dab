"""Grant what somebody may act as."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.people.ports import People, RightsKept
from identity.application.people.rights import changed_rights, history_line, right_of, with_granted
from identity.domain.people.person import Person
from identity.domain.people.rights import Change, Right


@dataclass(frozen=True, kw_only=True)
class GrantRight:
    """`right` as it shall be, its id minted; `by` is an id, `because` an order's number or the like."""

    person_id: str
    right: Right
    by: str
    because: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class GrantRightHandler:
    """Adds a right."""

    people: People
    rights: RightsKept

    def __call__(self, command: GrantRight) -> Right:
        """Grant; the same right again (of the same id and words) changes nothing.

        Raises InvalidDefinition, UnknownPerson, RightRefused, ChangedMeanwhile.
        """
        line = history_line(Change.GRANTED, command.by, command.because, command.at)
        granted = command.right.after(line)

        def add(person: Person) -> Person:
            return with_granted(person, granted, command.at)

        return right_of(changed_rights(self.people, self.rights, command.person_id, granted.id, add), granted.id)
