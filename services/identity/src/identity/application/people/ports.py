"""What the use cases need of people."""

from collections.abc import Sequence
from typing import Protocol

from identity.domain.people.person import Person


class People(Protocol):
    """Everybody with a role."""

    def put(self, people: Sequence[Person]) -> None:
        """Record or replace people, each keeping the first `created_at`. Safe to repeat."""

    def known(self, person_id: str) -> bool:
        """Whether somebody has this id."""

    def get(self, person_id: str) -> Person | None:
        """Who has this id."""


class MobileOwners(Protocol):
    """Whose a number is."""

    def record(self, mobile_index: str, shown: str, person: Person) -> str:
        """The id of who has the number: the one who had it, or `person`, recorded now where they are not yet.

        One transaction; safe to repeat.
        """
