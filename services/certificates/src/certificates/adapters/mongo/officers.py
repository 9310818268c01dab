"""Takings, charges, bulk decisions and the counts of queues in MongoDB."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from certificates.application.officers.ports import DeskQueue
from certificates.domain.applications.application import State
from certificates.domain.label import Label
from certificates.domain.officers.bulk import BulkDecision, BulkItem, Outcome
from certificates.domain.officers.charge import Charge
from certificates.domain.officers.officer import Officer
from certificates.domain.officers.taking import Taking
from servicekit.access import Reach
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo

TAKINGS = "takings"
CHARGES = "officer_charges"
BULK_DECISIONS = "bulk_decisions"
APPLICATIONS = "applications"

# After that an operation's outcomes are of no use: what was decided is in the applications.
BULK_KEPT = timedelta(days=30)

INDEXES = {
    TAKINGS: [IndexModel([("until", ASCENDING)], name="forget_ended_takings", expireAfterSeconds=0)],
    CHARGES: [IndexModel([("department", ASCENDING), ("until_on", ASCENDING)], name="charges_of_a_department")],
    BULK_DECISIONS: [
        IndexModel([("made_at", ASCENDING)], name="bulk_decisions_running", partialFilterExpression={"running": True}),
        IndexModel(
            [("done_at", ASCENDING)],
            name="forget_bulk_decisions",
            expireAfterSeconds=int(BULK_KEPT.total_seconds()),
        ),
    ],
}


class MongoTakings:
    """Implements application.officers.ports.Takings. Threads may share it."""

    def __init__(self, mongo: Mongo) -> None:
        self._takings = mongo.db[TAKINGS]

    def take(self, taking: Taking) -> Taking:
        """One write, which finds nothing where another officer has it: then the id is taken."""
        free = {"$or": [{"officer_id": taking.officer_id}, {"until": {"$lte": taking.taken_at}}]}
        document = {**asdict(taking)}
        application_id = document.pop("application_id")
        try:
            taken: Any = self._takings.find_one_and_update(
                {"_id": application_id, **free},
                {"$set": document},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
            return _taking(taken)
        except DuplicateKeyError:
            there = self._takings.find_one({"_id": application_id})
        # Where it ended in this moment, it is free.
        return _taking(there) if there is not None else self.take(taking)

    def give_back(self, application_id: str, officer_id: str) -> None:
        """See the port."""
        self._takings.delete_one({"_id": application_id, "officer_id": officer_id})

    def in_force(self, application_ids: Collection[str], at: datetime) -> Mapping[str, Taking]:
        """MongoDB deletes ended ones about once a minute; until then the time decides."""
        documents = self._takings.find({"_id": {"$in": list(application_ids)}, "until": {"$gt": at}})
        return {document["_id"]: _taking(document) for document in documents}


def end_taking(db: Any, session: ClientSession, application_id: str) -> None:
    """In the transaction of the decision: the next step is another officer's."""
    db[TAKINGS].delete_one({"_id": application_id}, session=session)


class MongoCharges:
    """Implements application.officers.ports.Charges. Threads may share it."""

    def __init__(self, mongo: Mongo) -> None:
        self._charges = mongo.db[CHARGES]
        self._idempotency = Idempotency(mongo)

    def once(self, claim: Claim, charge: Charge) -> Once[str]:
        """One transaction; see the port."""
        return self._idempotency.once(
            claim, charge.id, lambda session: self._charges.insert_one(_charge_document(charge), session=session)
        )

    def get(self, charge_id: str) -> Charge | None:
        """One read by _id."""
        document = self._charges.find_one({"_id": charge_id})
        return _charge(document) if document else None

    def end(self, charge_id: str, at: datetime) -> None:
        """See the port."""
        self._charges.update_one({"_id": charge_id, "ended_at": None}, {"$set": {"ended_at": at}})

    def living(self, department: str, today: date) -> Sequence[Charge]:
        """By an index; a department has few."""
        documents = self._charges.find(
            {"department": department, "until_on": {"$gte": today.isoformat()}, "ended_at": None}
        )
        return [_charge(document) for document in documents.sort("_id", ASCENDING)]


class MongoQueues:
    """Implements application.officers.ports.Queues. Threads may share it."""

    def __init__(self, mongo: Mongo) -> None:
        self._applications = mongo.db[APPLICATIONS]

    def count(self, reach: Reach, without: Collection[tuple[str, str]], today: date) -> Iterable[DeskQueue]:
        """One aggregation, which reads an index alone."""
        day = today.isoformat()
        match: dict[str, Any] = {**reach.as_query(), "state": State.IN_VERIFICATION.value}
        if without:
            match["$nor"] = [{"type_code": code, "step": step} for code, step in sorted(without)]
        desk = {name: f"${name}" for name in ("type_code", "step", "district_code")}
        grouped = self._applications.aggregate(
            [
                {"$match": match},
                {
                    "$group": {
                        "_id": desk,
                        "waiting": {"$sum": 1},
                        "late": {"$sum": {"$cond": [{"$lt": ["$due_on", day]}, 1, 0]}},
                        "due_today": {"$sum": {"$cond": [{"$eq": ["$due_on", day]}, 1, 0]}},
                        "oldest_since": {"$min": "$updated_at"},
                    }
                },
            ]
        )
        for row in grouped:
            yield DeskQueue(**row.pop("_id"), **row)


class MongoBulkDecisions:
    """Implements application.officers.ports.BulkDecisions. Threads may share it."""

    def __init__(self, mongo: Mongo) -> None:
        self._bulk = mongo.db[BULK_DECISIONS]
        self._idempotency = Idempotency(mongo)

    def once(self, claim: Claim, bulk: BulkDecision) -> Once[str]:
        """One transaction; see the port."""
        return self._idempotency.once(
            claim, bulk.id, lambda session: self._bulk.insert_one(_bulk_document(bulk), session=session)
        )

    def get(self, bulk_id: str) -> BulkDecision | None:
        """One read by _id."""
        document = self._bulk.find_one({"_id": bulk_id})
        return _bulk(document) if document else None

    def running(self) -> BulkDecision | None:
        """By an index of those that run."""
        document = self._bulk.find_one({"running": True}, sort=[("made_at", ASCENDING)])
        return _bulk(document) if document else None

    def note(self, bulk_id: str, place: int, outcome: Outcome, at: datetime) -> None:
        """The first outcome of an item stays; the operation is done when none is missing."""
        # Not `None`, which every item fits that has no member of the place's number: all of them.
        still_to_come = {"_id": bulk_id, f"items.{place}.outcome": {"$type": "null"}}
        self._bulk.update_one(still_to_come, {"$set": {f"items.{place}.outcome": asdict(outcome)}})
        self._bulk.update_one(
            {"_id": bulk_id, "running": True, "items": {"$not": {"$elemMatch": {"outcome": None}}}},
            {"$set": {"running": False, "done_at": at}},
        )


def _taking(document: Mapping[str, Any]) -> Taking:
    plain = {name: document[name] for name in ("officer_id", "step", "taken_at", "until")}
    return Taking(application_id=document["_id"], designation=Label(**document["designation"]), **plain)


def _charge_document(charge: Charge) -> dict[str, Any]:
    return {
        "_id": charge.id,
        "officer_id": charge.officer_id,
        "post": asdict(charge.post),
        "department": charge.department,
        "districts": sorted(charge.districts),
        "from_on": charge.from_on.isoformat(),
        "until_on": charge.until_on.isoformat(),
        "to_officer_id": charge.to_officer_id,
        "to_posts": list(charge.to_posts),
        "made_at": charge.made_at,
        "ended_at": charge.ended_at,
    }


def _charge(document: Mapping[str, Any]) -> Charge:
    return Charge(
        id=document["_id"],
        officer_id=document["officer_id"],
        post=Label(**document["post"]),
        department=document["department"],
        districts=frozenset(document["districts"]),
        from_on=date.fromisoformat(document["from_on"]),
        until_on=date.fromisoformat(document["until_on"]),
        to_officer_id=document["to_officer_id"],
        to_posts=tuple(document["to_posts"]),
        made_at=document["made_at"],
        ended_at=document["ended_at"],
    )


def _bulk_document(bulk: BulkDecision) -> dict[str, Any]:
    officer = bulk.officer
    return {
        "_id": bulk.id,
        "officer": {
            "id": officer.id,
            "role": officer.role,
            "department": officer.department,
            "districts": sorted(officer.districts),
            "designation": asdict(officer.designation),
        },
        "client_id": bulk.client_id,
        "remarks": bulk.remarks,
        "request_id": bulk.request_id,
        "items": [asdict(item) for item in bulk.items],
        "made_at": bulk.made_at,
        "done_at": bulk.done_at,
        "running": True,
    }


def _bulk(document: Mapping[str, Any]) -> BulkDecision:
    officer = document["officer"]
    return BulkDecision(
        id=document["_id"],
        officer=Officer(
            officer["id"],
            officer["role"],
            officer["department"],
            frozenset(officer["districts"]),
            Label(**officer["designation"]),
        ),
        items=tuple(
            BulkItem(
                item["application_id"],
                item["step"],
                item["version"],
                Outcome(**item["outcome"]) if item["outcome"] else None,
            )
            for item in document["items"]
        ),
        **{name: document[name] for name in ("client_id", "remarks", "request_id", "made_at", "done_at")},
    )
