"""Changes that others are told of: each is one transaction with its events, or part of the one of an event that came.

What ends a token before its time is here, and the gateway learns of it (ADR 0043).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.database import Database

from identity.adapters.events import Cause, asked_here, client_revoked, grant_revoked, right_events, token_revoked
from identity.adapters.mongo_clients import CLIENTS
from identity.adapters.mongo_people import PEOPLE, right_document
from identity.adapters.mongo_tokens import GRANTS, REVOKED_TOKENS
from identity.application.tokens.ports import AccessTokenEnd
from identity.domain.clients.client import ClientStatus
from identity.domain.people.person import Person
from servicekit.events import Outbox
from servicekit.faults import crash_point
from servicekit.mongo import Mongo


class _ChangedMeanwhile(Exception):
    """One of several people is no longer as they were read: nothing is written of any."""


@dataclass(frozen=True)
class ChangesWithin:
    """The ports RightsKept, ClientsRevoked, GrantsRevoked and TokensRevoked inside the transaction of `session`."""

    db: Database[dict[str, Any]]
    outbox: Outbox
    session: ClientSession
    cause: Cause

    def put_rights(self, person: Person, *right_ids: str) -> bool:
        """Update under the version that was read."""
        changed = self.db[PEOPLE].update_one(
            # A person recorded before there were rights has no version.
            {"_id": person.id, "version": person.version or {"$in": [None, 0]}},
            {
                "$set": {
                    "rights": [right_document(right) for right in person.rights],
                    "version": person.version + 1,
                }
            },
            session=self.session,
        )
        if changed.matched_count == 0:
            return False
        told = [right for right in person.rights if right.id in right_ids]
        self.outbox.add(self.session, *(e for right in told for e in right_events(person, right, self.cause)))
        return True

    def revoke_client(self, client_id: str, at: datetime) -> bool:
        """Set the status, once; its events are counted in the client."""
        revoked = self.db[CLIENTS].find_one_and_update(
            {"_id": client_id, "status": ClientStatus.ACTIVE.value},
            {"$set": {"status": ClientStatus.REVOKED.value}, "$inc": {"events_told": 1}},
            {"events_told": True},
            return_document=ReturnDocument.AFTER,
            session=self.session,
        )
        if revoked is None:
            return self.db[CLIENTS].find_one({"_id": client_id}, {"_id": True}, session=self.session) is not None
        self.outbox.add(self.session, client_revoked(client_id, revoked["events_told"], at, self.cause))
        return True

    def revoke_grant(self, grant_id: str, at: datetime) -> None:
        """Set the mark, once."""
        grant = self.db[GRANTS].find_one_and_update(
            {"_id": grant_id, "revoked": False}, {"$set": {"revoked": True}}, session=self.session
        )
        if grant is not None:
            self.outbox.add(self.session, grant_revoked(grant, at, self.cause))
            crash_point("A1")

    def revoke_token(self, end: AccessTokenEnd, at: datetime) -> None:
        """Insert, once."""
        added = self.db[REVOKED_TOKENS].update_one(
            {"_id": end.token_id},
            {"$set": {"client_id": end.client_id, "expires_at": end.expires_at}},
            upsert=True,
            session=self.session,
        )
        if added.upserted_id is not None:
            self.outbox.add(self.session, token_revoked(end, at, self.cause))
            crash_point("A1")


class ToldChanges:
    """The same ports and RightsMoved, each call in a transaction of its own."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._mongo = mongo
        self._outbox = outbox

    def within(self, session: ClientSession, cause: Cause) -> ChangesWithin:
        """For whoever has a transaction already."""
        return ChangesWithin(self._mongo.db, self._outbox, session, cause)

    def put_rights(self, person: Person, *right_ids: str) -> bool:
        """As the port says."""
        return self._mongo.transact(lambda session: self.within(session, asked_here()).put_rights(person, *right_ids))

    def put_rights_of(self, *changed: tuple[Person, Sequence[str]]) -> bool:
        """As the port says."""

        def put_all(session: ClientSession) -> None:
            within = self.within(session, asked_here())
            for person, right_ids in changed:
                if not within.put_rights(person, *right_ids):
                    raise _ChangedMeanwhile

        try:
            self._mongo.transact(put_all)
        except _ChangedMeanwhile:
            return False
        return True

    def revoke_client(self, client_id: str, at: datetime) -> bool:
        """As the port says."""
        return self._mongo.transact(lambda session: self.within(session, asked_here()).revoke_client(client_id, at))

    def revoke_grant(self, grant_id: str, at: datetime) -> None:
        """As the port says."""
        self._mongo.transact(lambda session: self.within(session, asked_here()).revoke_grant(grant_id, at))

    def revoke_token(self, end: AccessTokenEnd, at: datetime) -> None:
        """As the port says."""
        self._mongo.transact(lambda session: self.within(session, asked_here()).revoke_token(end, at))
