"""The middle step of a change of stored names: fill the new names of what an older release stored.

Old pods and new ones may run meanwhile: what either writes afterwards is right by itself, because this release writes
both names and reads the old ones (see `documents.RENAMED`). Run it when no pod of the older release is left; the next
release, which reads the new names, may start only after it.
"""

from collections.abc import Iterator

from pymongo import UpdateOne
from pymongo.database import Database
from pymongo.errors import OperationFailure

from billing.adapters.mongo.bills import BILL_FETCHES
from billing.adapters.mongo.documents import PAYMENTS, RENAMED, Document, events_told
from billing.adapters.mongo.ledger import JOURNAL
from servicekit.mongo import Mongo

# A moment's work for the database.
BATCH = 500
# Release 0.1.0 made it; a second entry of one kind for a payment is refused as long as it stands.
OLD_INDEX = "one_entry_of_a_kind_per_payment"
# The collection, or the index, is not there.
_NOTHING_TO_DROP = frozenset({26, 27})


class Migration:
    """Migrates one database; a repeat finds nothing left to do."""

    def __init__(self, mongo: Mongo) -> None:
        self._db = mongo.db

    def left(self) -> int:
        """How many payments and bill fetches are not migrated."""
        return self._db[PAYMENTS].count_documents(_UNLIKE) + self._db[BILL_FETCHES].count_documents(_BILLS_UNLIKE)

    def run(self) -> Iterator[int]:
        """Migrates a batch at each step and yields its size; drops the old index at the end."""
        yield from self._bill_fetches()
        while payments := list(self._db[PAYMENTS].find(_UNLIKE).limit(BATCH)):
            # Compared with what was read: whoever changes the payment meanwhile writes both names itself.
            result = self._db[PAYMENTS].bulk_write(
                [UpdateOne({"_id": p["_id"], "version": p["version"]}, _changes(p)) for p in payments], ordered=False
            )
            yield result.matched_count
        drop_old_index(self._db)

    def _bill_fetches(self) -> Iterator[int]:
        """They are kept for days and never change."""
        while fetches := [row["_id"] for row in self._db[BILL_FETCHES].find(_BILLS_UNLIKE, {"_id": 1}).limit(BATCH)]:
            result = self._db[BILL_FETCHES].update_many({"_id": {"$in": fetches}}, [{"$set": {"bills": _BILLS}}])
            yield result.matched_count


def drop_old_index(db: Database[Document]) -> None:
    """Lets a payment have several entries of a kind, as partial refunds are. Repeatable, and safe beside 0.1.0.

    What 0.1.0 writes is unique without it: the ids of its entries are made of payment and kind, as ours are.
    """
    try:
        db[JOURNAL].drop_index(OLD_INDEX)
    except OperationFailure as error:
        if error.code not in _NOTHING_TO_DROP:
            raise


# A member under its old name that is missing under the new one, or another there. A missing member is not equal null.
_UNLIKE: Document = {
    "$or": [
        {"$expr": {"$ne": [{"$ifNull": [f"${old}", "absent"]}, {"$ifNull": [f"${new}", "absent"]}]}}
        for old, new in RENAMED.items()
    ]
    + [{new: {"$exists": False}} for new in ("resume_at", "events_told")]
}

# Of what is stored with a bill, one name changes.
_BILLS_UNLIKE: Document = {"bills": {"$elemMatch": {"claim_key": {"$exists": True}, "bill_key": {"$exists": False}}}}
_BILLS: Document = {
    "$map": {
        "input": "$bills",
        "as": "bill",
        "in": {"$mergeObjects": ["$$bill", {RENAMED["claim_key"]: "$$bill.claim_key"}]},
    }
}


def _changes(payment: Document) -> list[Document]:
    """A pipeline, so that the new name gets what the old one has at that moment, not what was read."""
    renamed = {new: {"$ifNull": [f"${old}", "$$REMOVE"]} for old, new in RENAMED.items() if old != "next_action_at"}
    return [
        {
            "$set": {
                **renamed,
                # Null says that nobody need look at it.
                RENAMED["next_action_at"]: {"$ifNull": ["$next_action_at", None]},
                # A refund may have counted one more since it was read.
                "events_told": {"$max": ["$events_told", events_told(payment)]},
            }
        }
    ]
