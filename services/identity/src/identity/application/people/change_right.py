"""End, suspend and reinstate what somebody may act as."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.people.errors import RightRefused
from identity.application.people.ports import People, RightsKept
from identity.application.people.rights import changed_rights, history_line, right_of
from identity.domain.people.person import Person
from identity.domain.people.rights import Change, Right


@dataclass(frozen=True, kw_only=True)
class ChangeRight:
    """Which right, and what: `by` whom, and why."""

    person_id: str
    right_id: str
    by: str
    because: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class EndRight(ChangeRight):
    """`ends_at` may lie ahead; without it the right ends now."""

    ends_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SuspendRight(ChangeRight):
    """Until it is reinstated."""


@dataclass(frozen=True, kw_only=True)
class ReinstateRight(ChangeRight):
    """As if it had never been suspended."""


@dataclass(frozen=True, kw_only=True)
class ChangeRightHandler:
    """Ends, suspends, reinstates: what it is told by the command's class."""

    people: People
    rights: RightsKept

    def __call__(self, command: ChangeRight) -> Right:
        """The right as it is now; what is so already stays as it is, so that a repeat is safe.

        Raises InvalidDefinition, UnknownPerson, UnknownRight, RightRefused, ChangedMeanwhile.
        """
        change = {
            EndRight: Change.ENDED, SuspendRight: Change.SUSPENDED, ReinstateRight: Change.REINSTATED
        }[type(command)]  # fmt: skip
        line = history_line(change, command.by, command.because, command.at)
        ends_at = command.ends_at if isinstance(command, EndRight) else None

        def alter(person: Person) -> Person:
            right = right_of(person, command.right_id)
            if change is Change.ENDED:
                end = ends_at or command.at
                return person if right.is_over(end) else person.with_right(right.after(line, ends_at=end))
            if right.is_over(command.at):
                raise RightRefused(f"{right.id} has ended; grant another one.")
            is_suspended = right.suspended_because is not None
            return person if is_suspended == (change is Change.SUSPENDED) else person.with_right(right.after(line))

        return right_of(
            changed_rights(self.people, self.rights, command.person_id, command.right_id, alter), command.right_id
        )
