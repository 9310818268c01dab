"""What the use cases need of people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from identity.domain.people.mobile import Mobile
from identity.domain.people.person import Person


class People(Protocol):
    """Everybody with a role."""

    def put(self, people: Sequence[Person]) -> None:
        """Record or replace people, each keeping the first `created_at`. Safe to repeat."""

    def known(self, person_id: str) -> bool:
        """Whether somebody has this id."""

    def get(self, person_id: str) -> Person | None:
        """Who has this id."""


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
