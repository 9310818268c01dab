"""Have a person sign in with a mobile number, and with no other."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.people.errors import CommandRefused
from identity.application.people.ports import Numbers, People
from identity.domain.people.mobile import read_mobile


@dataclass(frozen=True, kw_only=True)
class GiveNumber:
    """`mobile` as typed."""

    person_id: str
    mobile: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, kw_only=True)
class GiveNumberHandler:
    """For officers and administrators, who do not come into being by signing in."""

    people: People
    numbers: Numbers
    key: bytes = field(repr=False)

    def __call__(self, command: GiveNumber) -> str:
        """How the number is shown: XXXXXX3210. Safe to repeat. Raises CommandRefused."""
        mobile = read_mobile(command.mobile)
        if not self.key:
            raise CommandRefused("PEOPLE_KEY is not set, so no number can be kept.")
        if mobile is None:
            raise CommandRefused("That is not a mobile number of India: ten digits that begin with 6 to 9.")
        if self.people.get(command.person_id) is None:
            raise CommandRefused(f"Nobody is recorded as {command.person_id}.")
        if not self.numbers.give(mobile.index(self.key), mobile.shown, command.person_id, command.at):
            raise CommandRefused("Another person signs in with that number.")
        return mobile.shown
