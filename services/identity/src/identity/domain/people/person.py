"""People the platform knows. Names live in this collection alone and never leave over events or tokens."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a role: citizen, operator or officer. Numbers of theirs are in the vault alone.

    Of who was erased (`erased_at`) the id stays, so that what others keep of it leads nowhere.
    """

    id: str
    role: str
    name: str | None = field(default=None, repr=False)
    name_hi: str | None = field(default=None, repr=False)
    created_at: datetime
    erased_at: datetime | None = None
