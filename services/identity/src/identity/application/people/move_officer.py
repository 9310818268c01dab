"""An officer is transferred, or on leave: what they may act as moves with them, and the post to somebody else.

Nothing is suspended for it. A right ends where an officer goes, and another begins where they, or somebody in their
place, take up a post: so at each instant it is on record who acted in it, and tokens end with what they are given for.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from identity.application.people.errors import ChangedMeanwhile, RightRefused, UnknownPerson
from identity.application.people.ports import People, RightsMoved
from identity.application.people.rights import history_line, right_of, with_granted
from identity.domain.people.definitions import InvalidDefinition
from identity.domain.people.person import Person
from identity.domain.people.rights import Change, Right, Role

_TRIES = 5
_MOVES = UUID("b0b2ae3c-52a1-5f0c-9a70-0b0c5a1f4d21")  # any fixed namespace: the same order makes the same rights


@dataclass(frozen=True, kw_only=True)
class MoveOfficer(ABC):
    """Whose right, and from when on it is no longer theirs to act by; `by` is an id, `because` the order's number.

    `districts` are those that whoever orders it is bound to (None: to none): nobody moves an officer of elsewhere.
    """

    person_id: str
    right_id: str
    since: datetime
    by: str
    because: str
    at: datetime
    districts: frozenset[str] | None = None

    @property
    @abstractmethod
    def other_id(self) -> str | None:
        """Who acts in the post instead; None: nobody."""


@dataclass(frozen=True, kw_only=True)
class TransferOfficer(MoveOfficer):
    """`post` has what is other of the new post than of the old one, by the right's own names; None: there is none.

    `successor_id` takes the old post over.
    """

    post: Mapping[str, Any] | None
    successor_id: str | None = None

    @property
    def other_id(self) -> str | None:
        """The successor."""
        return self.successor_id


@dataclass(frozen=True, kw_only=True)
class OfficerOnLeave(MoveOfficer):
    """Until `until`; meanwhile `substitute_id` acts in the post, or nobody does."""

    until: datetime
    substitute_id: str | None = None

    @property
    def other_id(self) -> str | None:
        """The substitute."""
        return self.substitute_id


@dataclass(frozen=True, kw_only=True)
class MoveOfficerHandler:
    """One transaction over all concerned. The same order again changes nothing: its rights have ids made of it."""

    people: People
    rights: RightsMoved

    def __call__(self, command: MoveOfficer) -> Sequence[tuple[str, Right]]:
        """Whose and what the rights are that it makes, as they are now.

        Raises InvalidDefinition, UnknownPerson, UnknownRight, RightRefused, ChangedMeanwhile.
        """
        for _ in range(_TRIES):
            officer = self._person(command.person_id)
            old = self._movable(officer, command)
            made = self._made(old, command)
            if old.is_over(command.since):
                return [(person_id, self._known(person_id, right.id, old)) for person_id, right in made]
            line = history_line(Change.ENDED, command.by, command.because, command.at)
            ended = officer.with_right(old.after(line, ends_at=command.since))
            changed: dict[str, tuple[Person, list[str]]] = {officer.id: (ended, [old.id])}
            for person_id, right in made:
                person, ids = changed.get(person_id) or (self._person(person_id), [])
                granted = right.after(history_line(Change.GRANTED, command.by, command.because, command.at))
                changed[person_id] = (with_granted(person, granted, command.at), [*ids, right.id])
            if self.rights.put_rights_of(*changed.values()):
                return [(person_id, right_of(changed[person_id][0], right.id)) for person_id, right in made]
        raise ChangedMeanwhile(f"The rights of {command.person_id} are being changed by others; repeat the command.")

    def _movable(self, officer: Person, command: MoveOfficer) -> Right:
        old = right_of(officer, command.right_id)
        if old.role is not Role.OFFICER:
            raise RightRefused(f"{old.id} is no officer's post, but {old.role}.")
        if command.districts is not None and not old.districts <= command.districts:
            raise RightRefused(f"{old.id} is a post in other districts than those of who orders this.")
        if command.since < old.begins_at:
            raise RightRefused(f"{old.id} begins later than that.")
        if old.is_over(command.since) and old.ends_at != command.since:
            raise RightRefused(f"{old.id} has ended by then.")
        return old

    def _known(self, person_id: str, right_id: str, old: Right) -> Right:
        """What the same order made when it was given first."""
        right = self._person(person_id).right(right_id)
        if right is None:
            raise RightRefused(f"{old.id} has ended by then.")
        return right

    def _made(self, old: Right, command: MoveOfficer) -> list[tuple[str, Right]]:
        other = command.other_id
        if other == command.person_id:
            raise RightRefused("Nobody takes a post over from themselves.")
        if command.by in (other, command.person_id):
            raise RightRefused("Nobody gives a post to themselves; let somebody else order it.")
        post = replace(old, changes=(), suspended_because=None, ended_because=None)
        made = []
        if isinstance(command, OfficerOnLeave):
            if command.until <= command.since:
                raise InvalidDefinition(["a leave ends after it begins"])
            if not old.is_over(command.since) and old.is_over(command.until):
                raise RightRefused(f"{old.id} ends before the leave does: end it, and grant the other one a right.")
            if other:
                made.append((other, _new(post, command, "substitute", command.since, command.until)))
            made.append((command.person_id, _new(post, command, "return", command.until, old.ends_at)))
            return made
        if isinstance(command, TransferOfficer) and command.post is not None:
            new = _new(replace(post, **command.post), command, "transfer", command.since, old.ends_at)
            if new.binding == old.binding:
                raise RightRefused("The new post is the old one.")
            if command.districts is not None and not new.districts <= command.districts:
                raise RightRefused("The new post is in other districts than those of who orders this.")
            made.append((command.person_id, new))
        if other:
            made.append((other, _new(post, command, "successor", command.since)))
        return made

    def _person(self, person_id: str) -> Person:
        person = self.people.get(person_id)
        if person is None:
            raise UnknownPerson(f"Nobody has the id {person_id}.")
        return person


def _new(post: Right, command: MoveOfficer, part: str, begins_at: datetime, ends_at: datetime | None = None) -> Right:
    if post.is_over(command.since):
        ends_at = None  # of an order given again: only the id is looked for
    made_of = f"{command.right_id} {command.because} {part} {begins_at.isoformat()}"
    return replace(post, id=f"rgt_{uuid5(_MOVES, made_of).hex}", begins_at=begins_at, ends_at=ends_at)
