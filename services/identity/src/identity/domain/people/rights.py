"""What a person may act as, where, and how long."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from identity.domain.people.definitions import (
    DEPARTMENT,
    DISTRICT_CODE,
    KIOSK_ID,
    MAX_NAME_LENGTH,
    PERSON_ID,
    InvalidDefinition,
)

RIGHT_ID = re.compile(r"rgt_[A-Za-z0-9_]{1,60}")
LSP_ID = re.compile(r"lsp_[A-Za-z0-9_]{1,60}")
# Who changes a right: a person, a client, or an event by its id (UUID).
_ACTOR = re.compile(rf"command-line|{PERSON_ID.pattern}|cli_[A-Za-z0-9_]{{1,60}}|[0-9a-f-]{{36}}")
MAX_REASON_LENGTH = 200
MAX_DISTRICTS = 50  # Rajasthan has 41; keeps a token under 4 KiB


class Role(StrEnum):
    """What somebody acts as. Machines' and services' roles are their clients', not people's."""

    CITIZEN = "citizen"  # everybody, without any right
    OPERATOR = "operator"
    STAFF = "staff"
    LSP = "lsp"
    OFFICER = "officer"
    DISTRICT_ADMIN = "district_admin"
    STATE_ADMIN = "state_admin"
    AUDITOR = "auditor"


# Who decides about others, or sees what others did: their phone alone does not sign them in (issue 11, item 2).
ROLES_WITH_SECOND_FACTOR = frozenset({Role.OFFICER, Role.DISTRICT_ADMIN, Role.STATE_ADMIN, Role.AUDITOR})

# What each role is bound to: all of it has to be there but what may be unset, and nothing else.
_BOUND_TO: dict[Role, frozenset[str]] = {
    Role.CITIZEN: frozenset(),
    Role.OPERATOR: frozenset({"kiosk_id"}),
    Role.STAFF: frozenset({"kiosk_id"}),
    Role.LSP: frozenset({"lsp_id"}),
    Role.OFFICER: frozenset({"department", "office", "designation", "designation_hi", "districts"}),
    Role.DISTRICT_ADMIN: frozenset({"districts"}),
    Role.STATE_ADMIN: frozenset(),
    Role.AUDITOR: frozenset(),
}
_MAY_BE_UNSET = frozenset({"office", "designation_hi"})
_FORMS = {
    "kiosk_id": (KIOSK_ID, "the kiosk id must look like ksk_RJ10200001"),
    "lsp_id": (LSP_ID, "the LSP's id must look like lsp_0190ab12"),
    "department": (DEPARTMENT, "the department must be a lower-case slug such as revenue"),
}
_LINES = ("office", "designation", "designation_hi")


class Change(StrEnum):
    """What can happen to a right."""

    GRANTED = "GRANTED"
    SUSPENDED = "SUSPENDED"
    REINSTATED = "REINSTATED"
    ENDED = "ENDED"


@dataclass(frozen=True, kw_only=True)
class RightChange:
    """One line of a right's history: what was done, when, by whom, and why (an order's number, an event's id).

    `by` is an id, of a person, a client or an event; or `command-line`.
    """

    change: Change
    at: datetime
    by: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Right:
    """What somebody may act as, from `begins_at` until `ends_at` (None: until it is ended), unless it is suspended.

    Raises InvalidDefinition, with every problem at once. `districts` are LGD codes as text; `office` names the one
    place of work, as the department has it. `changes` is the whole history, oldest first.
    """

    id: str
    role: Role
    kiosk_id: str | None = None
    lsp_id: str | None = None
    department: str | None = None
    office: str | None = None
    designation: str | None = None
    designation_hi: str | None = None
    districts: frozenset[str] = frozenset()
    begins_at: datetime
    ends_at: datetime | None = None
    suspended_because: str | None = None
    ended_because: str | None = None
    changes: tuple[RightChange, ...] = ()

    def __post_init__(self) -> None:
        if problems := [*self._binding_problems(), *self._form_problems(), *self._time_problems()]:
            raise InvalidDefinition(problems)

    def _binding_problems(self) -> Iterable[str]:
        if self.role is Role.CITIZEN:
            yield "everybody is a citizen: that is no right to be granted"
        bound_to = _BOUND_TO[self.role]
        for name in sorted(frozenset().union(*_BOUND_TO.values())):
            is_set = bool(getattr(self, name))
            said = name.replace("_", " ")
            if name in bound_to - _MAY_BE_UNSET and not is_set:
                yield f"{self.role} needs: {said}"
            if name not in bound_to and is_set:
                yield f"{self.role} is not bound to: {said}"

    def _form_problems(self) -> Iterable[str]:
        if not RIGHT_ID.fullmatch(self.id):
            yield "the right's id must look like rgt_0190ab12"
        for name, (form, problem) in _FORMS.items():
            value = getattr(self, name)
            if value and not form.fullmatch(value):
                yield problem
        for name in _LINES:
            value = getattr(self, name)
            if value is not None and not 0 < len(value) <= MAX_NAME_LENGTH:
                yield f"{name.replace('_', ' ')} must have 1 to {MAX_NAME_LENGTH} characters"
        if not all(DISTRICT_CODE.fullmatch(code) for code in self.districts):
            yield "districts are LGD codes in digits, such as 102 for Jaipur"
        if len(self.districts) > MAX_DISTRICTS:
            yield f"a right has at most {MAX_DISTRICTS} districts"

    def _time_problems(self) -> Iterable[str]:
        if self.ends_at is not None and self.ends_at < self.begins_at:
            yield "a right cannot end before it begins"

    @property
    def binding(self) -> tuple[object, ...]:
        """What the right is, without its time: two rights that say the same are one."""
        return (self.role, self.kiosk_id, self.lsp_id, self.department, self.office, self.designation, self.districts)

    def is_in_force(self, at: datetime) -> bool:
        """Whether somebody may act by it."""
        return self.begins_at <= at and not self.is_over(at) and self.suspended_because is None

    def is_over(self, at: datetime) -> bool:
        """Whether it ended: for good, unlike a suspension."""
        return self.ends_at is not None and at >= self.ends_at

    def after(self, change: RightChange, *, ends_at: datetime | None = None) -> "Right":
        """The right with one more line of history, and what that line does; `ends_at` for ENDED."""
        changed = replace(self, changes=(*self.changes, change))
        match change.change:
            case Change.GRANTED:
                return changed
            case Change.SUSPENDED:
                return replace(changed, suspended_because=change.because)
            case Change.REINSTATED:
                return replace(changed, suspended_because=None)
            case Change.ENDED:
                # One that was to begin later never does.
                end = max(ends_at or change.at, self.begins_at)
                return replace(changed, ends_at=end, ended_because=change.because)


def change_problems(by: str, because: str) -> list[str]:
    """Why a change cannot go on record as by this one, for this reason."""
    problems = []
    if not _ACTOR.fullmatch(by):
        problems.append("who does it is a person's, client's or event's id, such as per_0190ab12, or command-line")
    if not 0 < len(because) <= MAX_REASON_LENGTH:
        problems.append(f"the reason must have 1 to {MAX_REASON_LENGTH} characters, such as an order's number")
    return problems
