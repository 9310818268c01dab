"""What the use cases need of people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from identity.domain.people.mobile import Mobile
from identity.domain.people.person import Person


class People(Protocol):
    """Everybody with a role."""

    def put(self, people: Sequence[Person]) -> None:
        """Record or replace people, each keeping the first `created_at` and its rights. Safe to repeat."""

    def known(self, person_id: str) -> bool:
        """Whether somebody has this id."""

    def get(self, person_id: str) -> Person | None:
        """Who has this id."""

    def of_mobile(self, mobile_index: str) -> Person | None:
        """Who has the number, by its index (domain.people.mobile)."""

    def of_kiosk(self, kiosk_id: str) -> Sequence[Person]:
        """Who has, had or will have a right at this centre."""


class RightsKept(Protocol):
    """What people may act as, with others told of each change."""

    def put_rights(self, person: Person, *right_ids: str) -> bool:
        """Keep the rights of a person as read, changed, and tell the last change of each of these.

        One transaction. False, and nothing done, when `person.version` is not the one that is kept.
        """


class RightsMoved(Protocol):
    """Rights of several people, changed together."""

    def put_rights_of(self, *changed: tuple[Person, Sequence[str]]) -> bool:
        """As `RightsKept.put_rights`, for each person with the ids of their changed rights; all of it or nothing."""


class MobileOwners(Protocol):
    """Whose a number is."""

    def record(self, mobile_index: str, shown: str, person: Person) -> str:
        """The id of who has the number: the one who had it, or `person`, recorded now where they are not yet.

        One transaction; safe to repeat.
        """


class Numbers(Protocol):
    """Whose mobile number is whose."""

    def owner(self, mobile_index: str) -> str | None:
        """The id of the person who signs in with this number."""

    def give(self, mobile_index: str, shown: str, person_id: str, at: datetime) -> bool:
        """Have the person sign in with this number and with no other; False when it is another person's."""


class NoticeSender(Protocol):
    """Tells a phone what happened."""

    def notify(self, mobile: Mobile, text: str, at: datetime) -> None:
        """Send. Raises servicekit.errors.DependencyUnavailable when it cannot be sent; never logs either."""
