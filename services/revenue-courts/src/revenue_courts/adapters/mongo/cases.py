"""Cases, their lines, their hearings and their numbers in MongoDB."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReplaceOne, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from revenue_courts.adapters.events import to_event
from revenue_courts.adapters.mongo.documents import (
    case_from_document,
    case_to_document,
    entry_from_document,
    entry_to_document,
    hearing_from_document,
    listed_document,
    listed_place,
)
from revenue_courts.adapters.mongo.notice_documents import notice_from_document, notice_to_document
from revenue_courts.adapters.mongo.pendency import count
from revenue_courts.application.ports import Changes, Listed, Selection, VersionMoved
from revenue_courts.domain.case import Act, Case, Change, Hearing, HistoryEntry, Outcome, State
from revenue_courts.domain.notice import Notice
from revenue_courts.domain.pendency import counted
from servicekit.acts import used_up
from servicekit.events.outbox import Outbox
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo, duplicate_key

CASES = "court_cases"
HISTORY = "court_case_history"
HEARINGS = "hearings"
NOTICES = "court_notices"
NUMBERS = "case_numbers"

INDEXES = {
    CASES: [
        IndexModel([("transaction_token", ASCENDING)], name="one_case_per_token", unique=True),
        IndexModel(
            [("numbers", ASCENDING)],
            name="one_case_per_number",
            unique=True,
            partialFilterExpression={"numbers": {"$exists": True}},
        ),
        IndexModel(
            [("agreed_once", ASCENDING)],
            name="one_case_of_a_consent_to_one",
            unique=True,
            partialFilterExpression={"agreed_once": {"$exists": True}},
        ),
        IndexModel([("district_code", ASCENDING), ("state", ASCENDING), ("_id", DESCENDING)], name="of_a_district"),
        IndexModel([("court_code", ASCENDING), ("state", ASCENDING), ("_id", DESCENDING)], name="of_a_court"),
        IndexModel([("district_code", ASCENDING), ("party_words", ASCENDING), ("_id", DESCENDING)], name="by_party"),
        IndexModel([("district_code", ASCENDING), ("land_keys", ASCENDING), ("_id", DESCENDING)], name="by_land"),
        IndexModel([("district_code", ASCENDING), ("enrolments", ASCENDING), ("_id", DESCENDING)], name="by_advocate"),
        IndexModel([("seen_by", ASCENDING), ("_id", DESCENDING)], name="of_a_person"),
        IndexModel([("kiosk_id", ASCENDING), ("_id", DESCENDING)], name="of_a_centre"),
        IndexModel([("client_id", ASCENDING), ("_id", DESCENDING)], name="of_a_client"),
        IndexModel([("forget_at", ASCENDING)], name="forget_drafts", expireAfterSeconds=0),
    ],
    HISTORY: [IndexModel([("case_id", ASCENDING), ("version", ASCENDING)], name="of_a_case", unique=True)],
    NOTICES: [IndexModel([("case_id", ASCENDING), ("no", ASCENDING)], name="notices_of_a_case", unique=True)],
    HEARINGS: [IndexModel([("court_code", ASCENDING), ("on", ASCENDING), ("place", ASCENDING)], name="list_of_a_day")],
}


class MongoCases:
    """Implements application.ports.Cases. Threads may share it."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._db = mongo.db
        self._outbox = outbox
        self._idempotency = Idempotency(mongo)

    def get(self, case_id: str) -> Case | None:
        """The case as it is now."""
        return self._one({"_id": case_id})

    def by_number(self, number: str) -> Case | None:
        """By a unique index."""
        return self._one({"numbers": number})

    def by_token(self, token: str) -> Case | None:
        """By a unique index."""
        return self._one({"transaction_token": token})

    def history(self, case_id: str) -> Sequence[HistoryEntry]:
        """Its lines, the oldest first."""
        lines = self._db[HISTORY].find({"case_id": case_id}).sort("version", ASCENDING)
        return [entry_from_document(document) for document in lines]

    def hearings(self, case_id: str) -> Sequence[Hearing]:
        """By the range of their ids."""
        rows = self._db[HEARINGS].find({"_id": ids_of(case_id)})
        return sorted((hearing_from_document(row) for row in rows), key=lambda hearing: hearing.no)

    def notices(self, case_id: str) -> Sequence[Notice]:
        """By an index."""
        rows = self._db[NOTICES].find({"case_id": case_id}).sort("no", ASCENDING)
        return [notice_from_document(row) for row in rows]

    def notice(self, case_id: str, no: int) -> Notice | None:
        """By its id."""
        row = self._db[NOTICES].find_one({"_id": f"{case_id}:{no}"})
        return notice_from_document(row) if row else None

    def page(self, selection: Selection, after: str | None, limit: int) -> Sequence[Case]:
        """Ids are in order of time."""
        if selection.state is State.DRAFT and not selection.own_drafts:
            return []
        documents = self._db[CASES].find(as_query(selection, after), hint=index_of(selection))
        documents = documents.sort("_id", DESCENDING).limit(limit)
        return [case_from_document(document) for document in documents]

    def cause_list(self, court_code: str, on: date, after: str | None, limit: int) -> Sequence[Listed]:
        """By an index; what was vacated is on no list."""
        query: dict[str, Any] = {
            "court_code": court_code,
            "on": on.isoformat(),
            "outcome": {"$ne": Outcome.VACATED.value},
        }
        if after is not None:
            query["place"] = {"$gt": after}
        documents = self._db[HEARINGS].find(query).sort("place", ASCENDING).limit(limit)
        return [
            Listed(
                place=document["place"],
                case_number=None if document["in_camera"] else document["case_number"],
                kind_code=None if document["in_camera"] else document["kind_code"],
                purpose=document["purpose"],
                outcome=document["outcome"],
                in_camera=document["in_camera"],
            )
            for document in documents
        ]

    def listed_on(self, court_code: str, on: date, after: str, limit: int) -> Sequence[tuple[str, str]]:
        """By the index of the list."""
        query = {**_still_listed(court_code, on), "place": {"$gt": after}}
        rows = self._db[HEARINGS].find(query, {"place": 1}).sort("place", ASCENDING)
        return [(row["_id"].rpartition(":")[0], row["place"]) for row in rows.limit(limit)]

    def count_listed_on(self, court_code: str, on: date) -> int:
        """By the index of the list."""
        return int(self._db[HEARINGS].count_documents(_still_listed(court_code, on)))

    def once(self, claim: Claim, case_id: str, effect: Callable[[Changes], object]) -> Once[str]:
        """Runs the effect and writes the claim in one transaction, at most once; see the port."""
        try:
            once = self._idempotency.once(
                claim, case_id, lambda session: effect(_SessionChanges(self._db, self._outbox, session))
            )
        except DuplicateKeyError as error:
            if duplicate_key(error) == ("agreed_once",):
                raise used_up() from error
            raise
        crash_point("J2")
        return once

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got; see the port."""
        return self._idempotency.find(claim)

    def _one(self, query: dict[str, Any]) -> Case | None:
        document = self._db[CASES].find_one(query)
        return case_from_document(document) if document else None


def _still_listed(court_code: str, on: date) -> dict[str, Any]:
    return {"court_code": court_code, "on": on.isoformat(), "outcome": Outcome.LISTED.value}


def ids_of(case_id: str) -> dict[str, str]:
    """Of all rows of a case: those between its own id and the next sign after the colon."""
    return {"$gte": f"{case_id}:", "$lt": f"{case_id};"}


def as_query(selection: Selection, after: str | None) -> dict[str, Any]:
    """What the documents of these cases have, with an id below `after`."""
    own = selection.reach.members
    # A person sees what they joined as a party like what is their own.
    as_person = set(own) == {"person_id"}
    reach = {"seen_by": {"$in": sorted(filter(None, own["person_id"]))}} if as_person else selection.reach.as_query()
    conditions: list[dict[str, Any]] = [reach]
    if selection.state is not None:
        conditions.append({"state": selection.state.value})
    elif not selection.own_drafts:
        conditions.append({"state": {"$in": [state.value for state in State if state is not State.DRAFT]}})
    if not selection.in_camera:
        conditions.append({"in_camera": False})
    for name in ("court_code", "district_code"):
        if getattr(selection, name) is not None:
            conditions.append({name: getattr(selection, name)})
    if selection.number is not None:
        conditions.append({"numbers": selection.number})
    if selection.party:
        conditions.append({"party_words": {"$all": sorted(selection.party)}})
    if selection.land_key is not None:
        conditions.append({"land_keys": selection.land_key})
    if selection.enrolment is not None:
        conditions.append({"enrolments": selection.enrolment})
    if after is not None:
        conditions.append({"_id": {"$lt": after}})
    return {"$and": conditions}


def index_of(selection: Selection) -> str | None:
    """The index for a search; None where the database chooses.

    Left to itself it answers a rare name by the plan that served a frequent one: from the youngest case to the oldest.
    Who files sees few cases, and the indexes of those are better for what is no number.
    """
    if selection.number is not None:
        return "one_case_per_number"
    if selection.own_drafts:
        return None
    if selection.party:
        return "by_party"
    if selection.land_key is not None:
        return "by_land"
    return "by_advocate" if selection.enrolment is not None else None


class _SessionChanges:
    """Implements application.ports.Changes in one session: all is written, or nothing."""

    def __init__(self, db: Any, outbox: Outbox, session: ClientSession) -> None:
        self._db = db
        self._outbox = outbox
        self._session = session

    def get(self, case_id: str) -> Case | None:
        return self._one({"_id": case_id})

    def by_number(self, number: str) -> Case | None:
        return self._one({"numbers": number})

    def _one(self, query: dict[str, Any]) -> Case | None:
        document = self._db[CASES].find_one(query, session=self._session)
        return case_from_document(document) if document else None

    def notice(self, case_id: str, no: int) -> Notice | None:
        row = self._db[NOTICES].find_one({"_id": f"{case_id}:{no}"}, session=self._session)
        return notice_from_document(row) if row else None

    def next_number(self, court_code: str, kind_code: str, year: int) -> str:
        # In the transaction of the registration: what is rolled back gives its number back, and of two that race the
        # later one conflicts on this row and runs again.
        series = f"{court_code}/{kind_code}/{year}"
        row = self._db[NUMBERS].find_one_and_update(
            {"_id": series},
            {"$inc": {"given": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=self._session,
        )
        crash_point("J1")
        return f"{series}/{row['given']}"

    def add(self, change: Change) -> None:
        self._db[CASES].insert_one(case_to_document(change.case), session=self._session)
        self._db[HISTORY].insert_one(entry_to_document(change.entry), session=self._session)

    def save(self, change: Change, request_id: str) -> None:
        case = change.case
        # Compare-and-set: who has read an older version changes nothing.
        replaced = self._db[CASES].replace_one(
            {"_id": case.id, "version": case.version - 1}, case_to_document(case), session=self._session
        )
        if replaced.matched_count == 0:
            raise VersionMoved
        self._db[HISTORY].insert_one(entry_to_document(change.entry), session=self._session)
        if change.hearings:
            rows = [listed_document(case, hearing) for hearing in change.hearings]
            self._write_hearings(rows)
        if change.notices:
            sent = [notice_to_document(case.id, notice) for notice in change.notices]
            self._db[NOTICES].bulk_write(
                [ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in sent], session=self._session
            )
        if change.entry.act in (Act.HOLD_IN_CAMERA, Act.HOLD_IN_PUBLIC):
            self._list_again(case)
        count(self._db, counted(change), self._session)
        self._outbox.add(self._session, *(to_event(case, told, request_id) for told in change.told))

    def _list_again(self, case: Case) -> None:
        # Lists of days that are over are read too: the case goes from all of them, or comes back to them.
        rows = list(self._db[HEARINGS].find({"_id": ids_of(case.id)}, session=self._session))
        if rows:
            self._write_hearings([
                {**row, "in_camera": case.in_camera, "place": listed_place(case, row["case_number"])} for row in rows
            ])  # fmt: skip

    def _write_hearings(self, rows: list[dict[str, Any]]) -> None:
        self._db[HEARINGS].bulk_write(
            [ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows], session=self._session
        )
