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
