"""Grant, end, suspend and reinstate what people may act as; every change says by whom and why, and stays on record."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from identity.application.people.errors import ChangedMeanwhile, RightRefused, UnknownPerson, UnknownRight
from identity.application.people.ports import People, RightsKept
from identity.domain.people.definitions import InvalidDefinition
from identity.domain.people.person import Person
from identity.domain.people.rights import Change, Right, RightChange, change_problems

MAX_RIGHTS = 16  # not over yet; more is a mistake
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class GrantRight:
    """`right` as it shall be, its id minted; `by` is an id, `because` an order's number or the like."""

    person_id: str
    right: Right
    by: str
    because: str
    at: datetime


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
class GrantRightHandler:
    """Adds a right."""

    people: People
    rights: RightsKept

    def __call__(self, command: GrantRight) -> Right:
        """Grant; the same right again (of the same id and words) changes nothing.

        Raises InvalidDefinition, UnknownPerson, RightRefused, ChangedMeanwhile.
        """
        line = history_line(Change.GRANTED, command.by, command.because, command.at)
        granted = command.right.after(line)

        def add(person: Person) -> Person:
            return with_granted(person, granted, command.at)

        return right_of(_changed(self.people, self.rights, command.person_id, granted.id, add), granted.id)


@dataclass(frozen=True, kw_only=True)
class ChangeRightHandler:
    """Ends, suspends, reinstates: what it is told by the command's class."""

    people: People
    rights: RightsKept

    def __call__(self, command: EndRight | SuspendRight | ReinstateRight) -> Right:
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
            _changed(self.people, self.rights, command.person_id, command.right_id, alter), command.right_id
        )


def with_granted(person: Person, granted: Right, at: datetime) -> Person:
    """The person with one right more, or as they are where they have it by this id. Raises RightRefused."""
    known = person.right(granted.id)
    if known and known.binding != granted.binding:
        raise RightRefused(f"{granted.id} is another right of this person.")
    if known:
        return person
    going_on = [right for right in person.rights if not right.is_over(max(at, granted.begins_at))]
    if twin := next((right for right in going_on if right.binding == granted.binding), None):
        raise RightRefused(f"The person has this right already: {twin.id}.")
    if len(going_on) >= MAX_RIGHTS:
        raise RightRefused(f"A person has at most {MAX_RIGHTS} rights at a time; end one first.")
    return person.with_right(granted)


def _changed(
    people: People, rights: RightsKept, person_id: str, right_id: str, change: Callable[[Person], Person]
) -> Person:
    """Reads, changes, and writes where nobody else has meanwhile."""
    for _ in range(_TRIES):
        person = people.get(person_id)
        if person is None:
            raise UnknownPerson(f"Nobody has the id {person_id}.")
        changed = change(person)
        if changed is person or rights.put_rights(changed, right_id):
            return changed
    raise ChangedMeanwhile(f"The rights of {person_id} are being changed by others; repeat the command.")


def right_of(person: Person, right_id: str) -> Right:
    right = person.right(right_id)
    if right is None:
        raise UnknownRight(f"{person.id} has no right {right_id}.")
    return right


def history_line(change: Change, by: str, because: str, at: datetime) -> RightChange:
    if problems := change_problems(by, because):
        raise InvalidDefinition(problems)
    return RightChange(change=change, at=at, by=by, because=because)
