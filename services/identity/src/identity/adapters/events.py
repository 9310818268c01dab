"""Identity's events on the wire: ids, roles and instants, and nothing of anybody's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from identity.application.tokens.ports import AccessTokenEnd
from identity.domain.people.person import Person
from identity.domain.people.rights import Change, Right, Role
from servicekit.events import NewEvent
from servicekit.ids import event_id, public_id
from servicekit.instants import rfc3339

CLIENT_REVOKED = "client.revoked.v1"
GRANT_REVOKED = "grant.revoked.v1"
TOKEN_REVOKED = "token.revoked.v1"  # noqa: S105 - the name of an event
OPERATOR_CREATED = "operator.created.v1"
RIGHT_CHANGED = "right.changed.v1"
PUBLISHES = [OPERATOR_CREATED, RIGHT_CHANGED, CLIENT_REVOKED, GRANT_REVOKED, TOKEN_REVOKED]


@dataclass(frozen=True)
class Cause:
    """What brought a change about: the request it belongs to, and the event that it follows from, if one did."""

    request_id: str
    causation_id: str | None = None


def asked_here() -> Cause:
    """Of a request or command of our own."""
    return Cause(public_id("req"))


def right_events(person: Person, right: Right, cause: Cause) -> list[NewEvent]:
    """What the last line of the right's history tells. The sequence is how many lines there are with it."""
    line = right.changes[-1]
    told = [
        _event(
            RIGHT_CHANGED,
            ("right", right.id),
            len(right.changes),
            line.at,
            {
                "right_id": right.id,
                "person_id": person.id,
                "role": right.role.value,
                "state": _state(right),
                "kiosk_id": right.kiosk_id,
                "lsp_id": right.lsp_id,
                "department": right.department,
                "districts": sorted(right.districts),
                "begins_at": rfc3339(right.begins_at),
                "ends_at": rfc3339(right.ends_at) if right.ends_at else None,
                "changed_at": rfc3339(line.at),
            },
            cause,
        )
    ]
    if line.change is Change.GRANTED and right.role is Role.OPERATOR:
        # Rights are never taken off the record, so this counts how often the person became an operator.
        sequence = [granted.id for granted in person.rights if granted.role is Role.OPERATOR].index(right.id) + 1
        data = {"operator_person_id": person.id, "kiosk_id": right.kiosk_id, "created_at": rfc3339(line.at)}
        told.append(_event(OPERATOR_CREATED, ("operator", person.id), sequence, line.at, data, cause))
    return told


def client_revoked(client_id: str, sequence: int, at: datetime, cause: Cause) -> NewEvent:
    """A client was ended for good."""
    return _event(
        CLIENT_REVOKED,
        ("client", client_id),
        sequence,
        at,
        {"client_id": client_id, "revoked_at": rfc3339(at)},
        cause,
    )


def grant_revoked(grant: Mapping[str, Any], at: datetime, cause: Cause) -> NewEvent:
    """A sign-in was ended, which happens once: `grant` is its document."""
    data = {
        "grant_id": grant["_id"],
        "client_id": grant["client_id"],
        "person_id": grant["person_id"],
        "revoked_at": rfc3339(at),
    }
    return _event(GRANT_REVOKED, ("grant", grant["_id"]), 1, at, data, cause)


def token_revoked(end: AccessTokenEnd, at: datetime, cause: Cause) -> NewEvent:
    """An access token was ended alone, which happens once."""
    data = {
        "token_id": end.token_id,
        "client_id": end.client_id,
        "expires_at": rfc3339(end.expires_at),
        "revoked_at": rfc3339(at),
    }
    return _event(TOKEN_REVOKED, ("token", end.token_id), 1, at, data, cause)


def _state(right: Right) -> str:
    if right.ended_because is not None:
        return "ended"
    return "active" if right.suspended_because is None else "suspended"


def _event(
    kind: str, aggregate: tuple[str, str], sequence: int, at: datetime, data: Mapping[str, Any], cause: Cause
) -> NewEvent:
    return NewEvent(
        id=event_id(),
        type=kind,
        aggregate_type=aggregate[0],
        aggregate_id=aggregate[1],
        sequence=sequence,
        occurred_at=at,
        data=data,
        request_id=cause.request_id,
        causation_id=cause.causation_id,
    )
