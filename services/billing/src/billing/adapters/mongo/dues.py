"""Bills paid in parts, in MongoDB: payments of one due take turns, so that together they pay no more than is due."""

from collections.abc import Sequence
from datetime import timedelta

from pymongo import IndexModel
from pymongo.client_session import ClientSession

from billing.adapters.mongo.documents import PAYMENTS, Document, part_of
from billing.application.payments.errors import part_refused
from billing.domain.payments.payment import FAILED
from servicekit.mongo import Mongo

DUES = "dues"
# Nothing is read from such a document: only transactions that run at the same time meet in it.
KEPT_FOR = timedelta(days=1)
INDEXES = {DUES: [IndexModel([("taken_at", 1)], name="forget", expireAfterSeconds=int(KEPT_FOR.total_seconds()))]}


class MongoDues:
    """Checks parts inside a unit of work."""

    def __init__(self, mongo: Mongo) -> None:
        self._dues = mongo.db[DUES]
        self._payments = mongo.db[PAYMENTS]

    def take_turns(self, session: ClientSession, begun: Sequence[Document]) -> None:
        """Makes these payments wait for, or conflict with, others of the same dues: of two, one sees the other."""
        for payment in begun:
            if payment["part"]:
                self._dues.update_one(
                    {"_id": payment["part"]["due_key"]},
                    {"$inc": {"turns": 1}, "$set": {"taken_at": payment["created_at"]}},
                    upsert=True,
                    session=session,
                )

    def check(self, session: ClientSession, begun: Sequence[Document]) -> None:
        """Raises BillAlreadyPaid or AmountNotAccepted if one of these payments, just written, is too much."""
        for payment in begun:
            if not payment["part"]:
                continue
            part = part_of(payment["part"])
            others = {
                "part.due_key": part.due_key,
                "state": {"$nin": [state.value for state in FAILED]},
                "_id": {"$ne": payment["_id"]},
                # One that was given back in full let go of its bill, and pays nothing of the due.
                "holds": {"$exists": True},
                "$or": [{"receipt": None}, {"receipt.issued_at": {"$gte": part.counted_from}}],
            }
            sums = {"_id": None, "paise": {"$sum": "$bill_paise"}, "due_paise": {"$max": "$part.due_paise"}}
            for row in self._payments.aggregate([{"$match": others}, {"$group": sums}], session=session):
                due_paise = max(part.due_paise, int(row["due_paise"]))
                paise = int(payment["bill_paise"])
                if problem := part.problem_with(paise, others_paise=int(row["paise"]), due_paise=due_paise):
                    raise part_refused(problem)
