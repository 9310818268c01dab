"""What the gateway keeps by a person's id: whose own a transaction is."""

from collections.abc import Sequence
from datetime import datetime

from pymongo.client_session import ClientSession

from gateway.adapters.mongo_transactions import COLLECTION, ERASED
from servicekit.mongo import Mongo
from servicekit.personal import Answer, OwnRecord

ANSWERED = "gateway.answered.v1"


class MongoPersonal:
    """Implements servicekit.personal.PersonalRecords."""

    def __init__(self, mongo: Mongo) -> None:
        self._transactions = mongo.db[COLLECTION]

    def answer(self, person_id: str, session: ClientSession) -> Answer:
        """Nothing: the services whose the transactions are have their own word."""
        del person_id, session
        return Answer()

    def erase(self, person_id: str, at: datetime, session: ClientSession) -> None:
        """The transactions are nobody's own from now on, and no app's either."""
        del at
        self._transactions.update_many({"person_id": person_id}, {"$set": {"person_id": ERASED}}, session=session)

    def own(self, person_id: str) -> Sequence[OwnRecord]:
        """The transactions, the latest begun first."""
        return [
            OwnRecord(
                kind="transaction",
                id=row["_id"],
                since=row["begun_at"],
                says={"kind": row["kind"], "reference_id": row["reference_id"]},
            )
            for row in self._transactions.find({"person_id": person_id}).sort("begun_at", -1)
        ]
