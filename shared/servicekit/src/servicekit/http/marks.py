"""What a route says of itself: who may call it, and whether it needs an Idempotency-Key."""

from dataclasses import dataclass

from servicekit.access import UNDECLARED, Role

INTERNAL_SCOPE = "internal"


@dataclass(frozen=True)
class Access:
    """Who may call a route: callers whose token carries `scope`, in one of `roles`; or anybody (`scope` None).

    `why` is for public ones; `declared`: the route says for which roles it is.
    """

    scope: str | None
    documented: bool = True
    why: str = ""
    roles: frozenset[Role] = UNDECLARED
    declared: bool = False


@dataclass(frozen=True)
class Keyed:
    """That a route needs an Idempotency-Key, for which operation, and how long the key is remembered."""

    operation: str
    retention_days: int


@dataclass(frozen=True)
class Route:
    """What the gate in front of a route must know about it."""

    access: Access
    keyed: Keyed | None
    reads_query: bool
    reads_body: bool
    versioned: bool
    # None: as much as every route.
    most_body_bytes: int | None
