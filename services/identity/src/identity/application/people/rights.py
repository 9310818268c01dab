"""What changes of rights have in common: every change says by whom and why, and stays on record."""

from collections.abc import Callable
from datetime import datetime

from identity.application.people.errors import ChangedMeanwhile, RightRefused, UnknownPerson, UnknownRight
from identity.application.people.ports import People, RightsKept
from identity.domain.people.definitions import InvalidDefinition
from identity.domain.people.person import Person
from identity.domain.people.rights import Change, Right, RightChange, change_problems

MAX_RIGHTS = 16  # not over yet; more is a mistake
_TRIES = 5


def with_granted(person: Person, granted: Right, at: datetime) -> Person:
    """The person with one right more, or as they are where they have it by this id. Raises RightRefused, for who was
    erased too: nobody can sign in as them any more."""
    if person.erased_at is not None:
        raise RightRefused("The person was erased; grant it to whoever they sign in as now.")
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


def changed_rights(
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
