"""Who calls: a client, perhaps of a centre, perhaps for a person."""

from dataclasses import dataclass, field

from servicekit.errors import NotPermitted


CITIZEN = "citizen"


@dataclass(frozen=True, slots=True)
class Person:
    """The person acting through the client: `role` such as "officer", with the jurisdiction it has.

    `districts` are LGD codes as text; empty means that the role is not bound to districts. `designation` names the
    post, for what the person signs; None where the token does not say it.
    """

    id: str
    role: str
    department: str | None = None
    districts: frozenset[str] = frozenset()
    designation: str | None = None
    designation_hi: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it where a person let somebody else act for them (RFC 8693 section 4.1, `act`).

    `id` is the operator's, or the client's where it acts by itself. `assistance_id` names what the person agreed to.
    """

    id: str
    client_id: str
    assistance_id: str
    kiosk_id: str | None = None
    role: str | None = None


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
    def citizen_id(self) -> str | None:
        """The citizen, present or acted for, whose things alone this caller sees; None where it sees others' too."""
        return self.person.id if self.person and self.person.role == CITIZEN else None

    @property
    def assistance_id(self) -> str | None:
        """What the person agreed to, where somebody acts for them."""
        return self.actor.assistance_id if self.actor else None


def permit(known: Caller, scope: str) -> None:
    """Raises NotPermitted naming `scope` unless the caller has it."""
    if scope not in known.scopes:
        raise NotPermitted(f"This needs the scope {scope}, which the token does not have.", missing_scope=scope)
