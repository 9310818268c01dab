"""Who calls: a client, perhaps of a centre, perhaps for a person."""

from collections.abc import Collection
from dataclasses import dataclass, field

from servicekit.access import NAMES, Reach, Role, reach
from servicekit.acts import AgreedAct, Agreement
from servicekit.errors import NotPermitted, RoleNotPermitted
from servicekit.http.marks import INTERNAL_SCOPE


@dataclass(frozen=True, slots=True)
class Person:
    """The person acting through the client: `role` such as "officer", with the jurisdiction it has.

    `districts` are LGD codes as text; empty means that the role is not bound to districts. `designation` names the
    post, for what the person signs; None where the token does not say it. `office` is their place of work, `lsp_id` the
    provider whose person they are.
    """

    id: str
    role: str
    department: str | None = None
    districts: frozenset[str] = frozenset()
    designation: str | None = None
    designation_hi: str | None = None
    office: str | None = None
    lsp_id: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it where a person let somebody else act for them (RFC 8693 section 4.1, `act`).

    `id` is the operator's, or the client's where it acts by itself. `assistance_id` names what the person agreed to,
    and `acts` are that.
    """

    id: str
    client_id: str
    assistance_id: str
    kiosk_id: str | None = None
    role: str | None = None
    acts: tuple[AgreedAct, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """The client that calls, the kiosk it is bound to if any, what it may do, and for whom it acts.

    With an `actor` the person is not there: the actor does it for them, with their consent (ADR 0044).
    """

    client_id: str
    kiosk_id: str | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    person: Person | None = None
    actor: Actor | None = None

    @property
    def assistance_id(self) -> str | None:
        """What the person agreed to, where somebody acts for them."""
        return self.actor.assistance_id if self.actor else None

    @property
    def agreement(self) -> Agreement | None:
        """What may be done for the person, for `permit_act`; None where nobody acts for somebody."""
        return Agreement(self.actor.assistance_id, self.actor.acts) if self.actor else None

    @property
    def role(self) -> str:
        """The person's; without a person `machine`, or `service` for the platform's own. Perhaps one not known here."""
        if self.person is not None:
            return self.person.role
        return Role.SERVICE if INTERNAL_SCOPE in self.scopes else Role.MACHINE

    @property
    def reach(self) -> Reach:
        """The objects that the caller may see."""
        person = self.person
        return reach(
            self.role,
            client_id=self.client_id,
            kiosk_id=self.kiosk_id,
            person_id=person.id if person else None,
            department=person.department if person else None,
            districts=person.districts if person else (),
            lsp_id=person.lsp_id if person else None,
        )

    @property
    def citizen_id(self) -> str | None:
        """The person whose own is what this caller makes: a citizen's. What a centre makes is the centre's."""
        return self.person.id if self.person is not None and self.role == Role.CITIZEN else None


def permit(known: Caller, scope: str) -> None:
    """Raises NotPermitted naming `scope` unless the caller has it."""
    if scope not in known.scopes:
        raise NotPermitted(f"This needs the scope {scope}, which the token does not have.", missing_scope=scope)


def permit_role(known: Caller, roles: Collection[Role]) -> None:
    """Raises RoleNotPermitted, saying for whom it is, unless the caller acts as one of `roles`."""
    if known.role not in roles:
        meant = [role for role in Role if role in roles]
        raise RoleNotPermitted(
            f"This is for {', '.join(NAMES[role][0] for role in meant)}; the token is of another role.",
            detail_hi=f"यह इनके लिए है: {', '.join(NAMES[role][1] for role in meant)}; यह टोकन किसी अन्य भूमिका का है।",
            roles=[str(role) for role in meant],
        )
