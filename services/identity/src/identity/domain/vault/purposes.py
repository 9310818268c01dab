"""What a number may be read for: a closed list, which is data."""

from dataclasses import dataclass
from datetime import date

from identity.domain.vault.identifiers import Kind


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """A purpose, for people in both languages, and the kinds of numbers that may be read for it.

    `order` names the law or order that it rests on and `since` the day from which it may be used; None where that is
    unset.
    """

    id: str
    title: str
    title_hi: str
    kinds: frozenset[Kind]
    order: str | None
    since: date | None

    @property
    def scope(self) -> str:
        """What a caller's token must carry beside `vault:reveal`: the purpose is bound to the client that has it."""
        return f"vault-purpose:{self.id}"

    def is_open(self, day: date) -> bool:
        """Whether it may be used on that day."""
        return self.since is None or self.since <= day
