"""Who calls: a client, perhaps of a centre, perhaps for a person."""

from dataclasses import dataclass, field

from servicekit.errors import NotPermitted


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
class Caller:
    """The client that calls, the kiosk it is bound to if any, what it may do, and for whom it acts."""

    client_id: str
    kiosk_id: str | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    person: Person | None = None


def permit(known: Caller, scope: str) -> None:
    """Raises NotPermitted naming `scope` unless the caller has it."""
    if scope not in known.scopes:
        raise NotPermitted(f"This needs the scope {scope}, which the token does not have.", missing_scope=scope)
