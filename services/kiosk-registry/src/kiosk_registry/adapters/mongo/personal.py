"""What the registry keeps by a person's id: applications for centres."""

from collections.abc import Sequence
from datetime import datetime

from pymongo.client_session import ClientSession

from kiosk_registry.adapters.mongo.openings import HISTORY, OPENINGS
from kiosk_registry.domain.openings.opening import ENDED, State
from servicekit.mongo import Mongo
from servicekit.personal import Answer, Hold, OwnRecord

ANSWERED = "registry.answered.v1"
_ENDED = [state.value for state in ENDED]


class MongoPersonal:
    """Implements servicekit.personal.PersonalRecords."""

    def __init__(self, mongo: Mongo) -> None:
        self._db = mongo.db

    def answer(self, person_id: str, session: ClientSession) -> Answer:
        """What is not decided holds it back; that on which a centre was opened stays with the centre."""
        members = {"state": 1, "submitted_at": 1}
        rows = list(self._db[OPENINGS].find({"person_id": person_id}, members, session=session))
        return Answer(
            holds=tuple(
                Hold(reason="application-pending", subject=row["_id"], since=row["submitted_at"])
                for row in rows
                if row["state"] not in (*_ENDED, State.ACTIVE.value)
            ),
            keeps=("centre-opened",) if any(row["state"] == State.ACTIVE.value for row in rows) else (),
        )

    def erase(self, person_id: str, at: datetime, session: ClientSession) -> None:
        """What came to nothing, with its history."""
        del at
        ended = {"person_id": person_id, "state": {"$in": _ENDED}}
        ids = [row["_id"] for row in self._db[OPENINGS].find(ended, {"_id": True}, session=session)]
        self._db[HISTORY].delete_many({"opening_id": {"$in": ids}}, session=session)
        self._db[OPENINGS].delete_many(ended, session=session)

    def own(self, person_id: str) -> Sequence[OwnRecord]:
        """Each application with its form."""
        return [
            OwnRecord(
                kind="centre-application",
                id=row["_id"],
                since=row["submitted_at"],
                says={name: row[name] for name in ("state", "form", "kiosk_id")},
            )
            for row in self._db[OPENINGS].find({"person_id": person_id}).sort("_id", -1)
        ]
