"""People the platform knows. Names live in this collection alone and never leave over events or tokens."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from identity.domain.people.rights import Right, Role


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody. Numbers of theirs are in the vault alone.

    Everybody is a citizen; what else they may act as are their `rights`. `role` is what they were first recorded as,
    and decides nothing. `version` counts the changes of `rights`. Of who was erased (`erased_at`) the id stays, so that
    what others keep of it leads nowhere.
    """

    id: str
    role: str
    name: str | None = field(default=None, repr=False)
    name_hi: str | None = field(default=None, repr=False)
    rights: tuple[Right, ...] = ()
    version: int = 0
    created_at: datetime
    erased_at: datetime | None = None

    def right(self, right_id: str) -> Right | None:
        """Their right of this id."""
        return next((right for right in self.rights if right.id == right_id), None)

    def with_right(self, right: Right) -> "Person":
        """With this right added, or in the place of the one of its id."""
        kept = tuple(right if earlier.id == right.id else earlier for earlier in self.rights)
        return replace(self, rights=kept if self.right(right.id) else (*kept, right))


def rights_in_force(person: Person, at: datetime, role: Role | None = None) -> tuple[Right, ...]:
    """What the person may act as at `at` besides citizen, in the order in which it was granted; of one role if said."""
    return tuple(right for right in person.rights if right.is_in_force(at) and role in (None, right.role))
