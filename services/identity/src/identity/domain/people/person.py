"""People the platform knows. Names live in this collection alone and never leave over events or tokens."""

from dataclasses import dataclass, field
from datetime import datetime

# Who decides about others, or sees what others did: their phone alone does not sign them in (issue 11, item 2).
ROLES_WITH_SECOND_FACTOR = frozenset({"officer", "district_admin", "state_admin", "auditor"})


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a role: citizen, operator or officer. Numbers of theirs are in the vault alone."""

    id: str
    role: str
    name: str | None = field(default=None, repr=False)
    name_hi: str | None = field(default=None, repr=False)
    created_at: datetime

    @property
    def needs_second_factor(self) -> bool:
        """Whether a code on their phone is not enough."""
        return self.role in ROLES_WITH_SECOND_FACTOR
