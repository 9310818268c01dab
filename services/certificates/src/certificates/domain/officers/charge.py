"""One officer has another's charge for some days: by delegation to a person, or by rule while the other is absent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from certificates.domain.label import Label

# Longer than that is a transfer, which is the department's to order.
MOST_DAYS = 90


@dataclass(frozen=True)
class StandIn:
    """Posts whose officers stand in for an absent officer of a post, and the order that says so."""

    by: tuple[str, ...]
    order: Label


StandIns = Mapping[str, StandIn]


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What is handed over: the decisions of a post of a department in districts, from one day to another, both counted.

    `officer_id` is the one who hands over. `to_officer_id` is who has it; None is an absence: then the officers of
    `to_posts` (English names) have it. Whoever has it keeps to the districts that are their own too.
    """

    id: str
    officer_id: str
    post: Label
    department: str
    districts: frozenset[str]
    from_on: date
    until_on: date
    to_officer_id: str | None
    to_posts: tuple[str, ...]
    made_at: datetime
    ended_at: datetime | None = None

    def is_held_by(self, officer_id: str, department: str, post: str, today: date) -> bool:
        """Whether that officer has the charge today. Nobody has their own."""
        if self.ended_at is not None or not self.from_on <= today <= self.until_on:
            return False
        if self.department != department or self.officer_id == officer_id:
            return False
        return self.to_officer_id == officer_id if self.to_officer_id else post in self.to_posts


def posts_held(charges: Sequence[Charge], district_code: str) -> dict[str, Charge]:
    """By the English name of the post, the charge under which it is acted for in that district; the first of many."""
    return {charge.post.en: charge for charge in reversed(charges) if district_code in charge.districts}
