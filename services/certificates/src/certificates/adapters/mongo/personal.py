"""What certificates keeps by a person's id. What was issued stays with what it rests on; the rest loses its words."""

from collections.abc import Sequence
from datetime import datetime

from pymongo.client_session import ClientSession

from certificates.adapters.mongo.applications import APPLICATIONS, HISTORY
from certificates.adapters.mongo.attachments import ATTACHMENTS
from certificates.adapters.mongo.drafts import DRAFTS
from certificates.domain.applications.application import State
from servicekit.mongo import Mongo
from servicekit.personal import Answer, Hold, OwnRecord

ANSWERED = "certificates.answered.v1"
# Came to nothing: no certificate rests on it, and nobody decides it any more.
_ENDED_WITHOUT = [State.REJECTED.value, State.WITHDRAWN.value, State.EXPIRED.value]


class MongoPersonal:
    """Implements servicekit.personal.PersonalRecords."""

    def __init__(self, mongo: Mongo) -> None:
        self._db = mongo.db

    def answer(self, person_id: str, session: ClientSession) -> Answer:
        """Applications that are not decided hold it back; those with a certificate stay."""
        members = {"state": 1, "submitted_at": 1}
        rows = list(self._db[APPLICATIONS].find({"person_id": person_id}, members, session=session))
        return Answer(
            holds=tuple(
                Hold(reason="application-pending", subject=row["_id"], since=row["submitted_at"])
                for row in rows
                if row["state"] not in (*_ENDED_WITHOUT, State.ISSUED.value)
            ),
            keeps=("certificate-issued",) if any(row["state"] == State.ISSUED.value for row in rows) else (),
        )

    def erase(self, person_id: str, at: datetime, session: ClientSession) -> None:
        """Forms, remarks and files of what came to nothing, drafts, and files that nothing took.

        Files are left to the sweeper, which finds what has expired: the store of contents is in no transaction.
        """
        ended = {"person_id": person_id, "state": {"$in": _ENDED_WITHOUT}}
        ids = [row["_id"] for row in self._db[APPLICATIONS].find(ended, {"_id": True}, session=session)]
        of_them = {"application_id": {"$in": ids}}
        self._db[APPLICATIONS].update_many(ended, {"$set": {"applicant": {}, "likeness": []}}, session=session)
        self._db[HISTORY].update_many(of_them, {"$unset": {"remarks": ""}}, session=session)
        self._db[ATTACHMENTS].update_many(
            {"$or": [of_them, {"person_id": person_id, "application_id": None}]},
            {"$set": {"expires_at": at}},
            session=session,
        )
        self._db[DRAFTS].delete_many({"person_id": person_id}, session=session)

    def own(self, person_id: str) -> Sequence[OwnRecord]:
        """Applications with their forms, and drafts; a draft is read at its own address."""
        applications = self._db[APPLICATIONS].find({"person_id": person_id}).sort("_id", -1)
        drafts = self._db[DRAFTS].find({"person_id": person_id}, {"created_at": 1, "type_code": 1})
        return [
            *(
                OwnRecord(
                    kind="application",
                    id=row["_id"],
                    since=row["submitted_at"],
                    says={name: row[name] for name in ("type_code", "state", "applicant", "certificate_id")},
                )
                for row in applications
            ),
            *(
                OwnRecord(kind="draft", id=row["_id"], since=row["created_at"], says={"type_code": row["type_code"]})
                for row in drafts
            ),
        ]
