"""Applications, their history and their certificates in MongoDB."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from certificates.adapters.events import to_event
from certificates.adapters.mongo.attachments import attach
from certificates.adapters.mongo.certificates import CERTIFICATES, end_certificate
from certificates.adapters.mongo.desk_times import note_desk_time
from certificates.adapters.mongo.documents import (
    NO_DAY,
    application_from_document,
    application_to_document,
    certificate_to_document,
    entry_from_document,
    entry_to_document,
    form_to_document,
    progress_to_document,
)
from certificates.adapters.mongo.drafts import drop_draft
from certificates.adapters.mongo.officers import end_taking
from certificates.application.applications.ports import Changes, NumberTaken, Position, Selection, VersionMoved
from certificates.domain.applications.application import (
    Application,
    Change,
    Happening,
    HistoryEntry,
    RefusedPayment,
    State,
)
from certificates.domain.applications.escalate import Escalation
from certificates.domain.certificates.certificate import CertificateIssued
from servicekit.acts import used_up
from servicekit.events.outbox import Outbox
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo, duplicate_key

APPLICATIONS = "applications"
HISTORY = "application_history"

# The order in which every list is shown: by due date, then by id.
_IN_ORDER = [("due_on", ASCENDING), ("_id", ASCENDING)]

INDEXES = {
    APPLICATIONS: [
        IndexModel([("transaction_token", ASCENDING)], name="one_application_per_token", unique=True),
        IndexModel(
            [("department", ASCENDING), ("district_code", ASCENDING), ("state", ASCENDING), *_IN_ORDER],
            name="officers_queue",
        ),
        IndexModel(
            [
                (name, ASCENDING)
                for name in ("department", "district_code", "state", "type_code", "step", "due_on", "updated_at")
            ],
            name="counted_by_desk",
        ),
        IndexModel([("kiosk_id", ASCENDING), *_IN_ORDER], name="of_a_kiosk"),
        IndexModel([("client_id", ASCENDING), *_IN_ORDER], name="of_a_client"),
        IndexModel(
            [("due_on", ASCENDING)],
            name="in_verification_by_due_date",
            partialFilterExpression={"state": State.IN_VERIFICATION.value},
        ),
        IndexModel(
            [("person_id", ASCENDING), *_IN_ORDER],
            name="of_a_person",
            partialFilterExpression={"person_id": {"$exists": True}},
        ),
        IndexModel([("state", ASCENDING), ("due_on", ASCENDING)], name="due_longest"),
        IndexModel(
            [("agreed_once", ASCENDING)],
            name="one_application_of_a_consent_to_one",
            unique=True,
            partialFilterExpression={"agreed_once": {"$exists": True}},
        ),
        IndexModel([("likeness", ASCENDING), ("_id", ASCENDING)], name="alike"),
        IndexModel([("state", ASCENDING), ("updated_at", ASCENDING), ("_id", ASCENDING)], name="waiting_longest"),
    ],
    HISTORY: [IndexModel([("application_id", ASCENDING), ("at", ASCENDING)], name="of_an_application")],
}


class MongoApplications:
    """Implements application.applications.ports.Applications and ApplicationQueries. Threads may share it."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._mongo = mongo
        self._db = mongo.db
        self._outbox = outbox
        self._idempotency = Idempotency(mongo)

    def within(self, session: ClientSession) -> Changes:
        """The store inside a transaction that somebody else runs."""
        return _SessionChanges(self._db, self._outbox, session)

    def measure(self, today: date) -> list[Metric]:
        """Those that wait for an officer, and those whose step should have been decided before today."""
        waiting = GaugeMetricFamily("emitra_applications_waiting", "Applications that wait for an officer.")
        overdue = GaugeMetricFamily("emitra_applications_overdue", "Those whose step is not decided in its days.")
        query = {"state": State.IN_VERIFICATION.value}
        for family, days in ((waiting, {}), (overdue, {"due_on": {"$gt": NO_DAY, "$lt": today.isoformat()}})):
            count = self._db[APPLICATIONS].count_documents({**query, **days}, hint="in_verification_by_due_date")
            family.add_metric([], count)
        return [waiting, overdue]

    def get(self, application_id: str) -> Application | None:
        """The application as it is now."""
        document = self._db[APPLICATIONS].find_one({"_id": application_id})
        return application_from_document(document) if document else None

    def once(self, claim: Claim, application_id: str, effect: Callable[[Changes], object]) -> Once[str]:
        """Runs the effect and writes the claim in one transaction, at most once; see the port."""
        try:
            return self._idempotency.once(claim, application_id, lambda session: effect(self.within(session)))
        except DuplicateKeyError as error:
            match duplicate_key(error):
                case ("agreed_once",):
                    raise used_up() from error
                case ("number",):
                    raise NumberTaken from error
                case ("application_id",):
                    # The application has a certificate, so somebody approved it since it was read.
                    raise VersionMoved from error
            raise

    def move(self, change: Change, request_id: str) -> None:
        """One transaction; see the port."""
        self._mongo.transact(lambda session: self.within(session).save(change, request_id))

    def waiting(
        self, state: State, since: datetime, before: datetime, after: Application | None, limit: int
    ) -> Sequence[Application]:
        """By an index; see the port."""
        query: dict[str, Any] = {"state": state.value, "updated_at": {"$gte": since, "$lte": before}}
        if after is not None:
            query["$or"] = [
                {"updated_at": {"$gt": after.updated_at}},
                {"updated_at": after.updated_at, "_id": {"$gt": after.id}},
            ]
        documents = self._db[APPLICATIONS].find(query).sort([("updated_at", ASCENDING), ("_id", ASCENDING)])
        return [application_from_document(document) for document in documents.limit(limit)]

    def late(self, today: date, limit: int) -> Sequence[Application]:
        """By an index of what waits for officers; `delay_told` is the day that was missed and told last."""
        query = {
            "state": State.IN_VERIFICATION.value,
            "due_on": {"$gt": NO_DAY, "$lt": today.isoformat()},
            "$expr": {"$ne": ["$delay_told", {"$concat": ["$step", ":", "$due_on"]}]},
        }
        return [application_from_document(d) for d in self._db[APPLICATIONS].find(query).sort("due_on").limit(limit)]

    def escalate(self, application: Application, escalation: Escalation, request_id: str) -> bool:
        """One transaction; the mark is beside the version, which stays."""
        mark = f"{application.step}:{escalation.event.due_on}"

        def run(session: ClientSession) -> bool:
            marked = self._db[APPLICATIONS].update_one(
                {"_id": application.id, "version": application.version, "delay_told": {"$ne": mark}},
                {"$set": {"delay_told": mark}},
                session=session,
            )
            if marked.matched_count == 0:
                return False
            self._db[HISTORY].insert_one(entry_to_document(escalation.entry), session=session)
            self._outbox.add(session, to_event(escalation.event, request_id))
            return True

        return self._mongo.transact(run)

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got; see the port."""
        return self._idempotency.find(claim)

    def page(self, selection: Selection, after: Position | None, limit: int) -> Sequence[Application]:
        """At most `limit` applications after the position, in the order of due dates."""
        query = _query(selection)
        if after is not None:
            query["$or"] = [
                {"due_on": {"$gt": after.due_on}},
                {"due_on": after.due_on, "_id": {"$gt": after.application_id}},
            ]
        documents = self._db[APPLICATIONS].find(query).sort(_IN_ORDER).limit(limit)
        return [application_from_document(document) for document in documents]

    def by_token(self, token: str) -> Application | None:
        """The application with that transaction token."""
        document = self._db[APPLICATIONS].find_one({"transaction_token": token})
        return application_from_document(document) if document else None

    def sharing(self, keys: Collection[str], limit: int) -> Sequence[Application]:
        """By an index of what is compared."""
        documents = self._db[APPLICATIONS].find({"likeness": {"$in": list(keys)}})
        return [application_from_document(d) for d in documents.sort("_id", DESCENDING).limit(limit)]

    def history(self, application_id: str) -> Sequence[HistoryEntry]:
        """The audit trail, oldest first; it has a line for the submission, and one for each payment and decision."""
        documents = (
            self._db[HISTORY].find({"application_id": application_id}).sort([("at", ASCENDING), ("_id", ASCENDING)])
        )
        return [entry_from_document(document) for document in documents]


class _SessionChanges:
    """Implements application.applications.ports.Changes in one session: all is written, or nothing."""

    def __init__(self, db: Any, outbox: Outbox, session: ClientSession) -> None:
        self._db = db
        self._outbox = outbox
        self._session = session

    def get(self, application_id: str) -> Application | None:
        document = self._db[APPLICATIONS].find_one({"_id": application_id}, session=self._session)
        return application_from_document(document) if document else None

    def add(self, change: Change, request_id: str) -> None:
        self._db[APPLICATIONS].insert_one(application_to_document(change.application), session=self._session)
        self._record(change, request_id, None)

    def save(self, change: Change, request_id: str, issued: CertificateIssued | None = None) -> None:
        application = change.application
        form = form_to_document(application) if change.entry.what is Happening.RESUBMITTED else {}
        # Compare-and-set: who has read an older version changes nothing.
        updated = self._db[APPLICATIONS].update_one(
            {"_id": application.id, "version": application.version - 1},
            {"$set": progress_to_document(application) | form},
            session=self._session,
        )
        if updated.matched_count == 0:
            raise VersionMoved
        if issued is not None:
            self._db[CERTIFICATES].insert_one(certificate_to_document(issued.certificate), session=self._session)
            if issued.supersedes:
                end_certificate(self._db, self._session, issued.supersedes[0].certificate)
        self._record(change, request_id, issued)

    def attach(self, attachment_id: str, *, application_id: str, code: str, at: datetime) -> None:
        attach(self._db, self._session, attachment_id=attachment_id, application_id=application_id, code=code, at=at)

    def drop_draft(self, draft_id: str) -> None:
        drop_draft(self._db, self._session, draft_id)

    def refuse(self, refused: RefusedPayment, request_id: str, causation_id: str) -> None:
        if self._note(refused.entry):
            self._outbox.add(self._session, to_event(refused.event, request_id, causation_id))

    def note(self, entry: HistoryEntry) -> None:
        self._note(entry)

    def _note(self, entry: HistoryEntry) -> bool:
        document = entry_to_document(entry)
        written = self._db[HISTORY].update_one(
            {"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True, session=self._session
        )
        return bool(written.matched_count == 0)

    def _record(self, change: Change, request_id: str, issued: CertificateIssued | None) -> None:
        self._db[HISTORY].insert_one(entry_to_document(change.entry), session=self._session)
        if change.entry.what is Happening.DECIDED:
            end_taking(self._db, self._session, change.application.id)
        if change.entry.desk_days is not None:
            note_desk_time(self._db, self._session, change.application, change.entry)
        events = [event for event in (change.event, issued, *(issued.told_of_the_old if issued else ())) if event]
        self._outbox.add(self._session, *(to_event(event, request_id) for event in events))


def _query(selection: Selection) -> dict[str, Any]:
    query = selection.reach.as_query()
    if selection.states is not None:
        states = sorted(state.value for state in selection.states)
        query["state"] = states[0] if len(states) == 1 else {"$in": states}
    if selection.districts is not None:
        # Beside those of the reach, if it has any.
        query["$and"] = [{"district_code": {"$in": sorted(selection.districts)}}]
    if selection.type_code is not None:
        query["type_code"] = selection.type_code
    if selection.due_by is not None:
        query["due_on"] = {"$gt": NO_DAY, "$lte": selection.due_by.isoformat()}
    if selection.without:
        query["$nor"] = [{"type_code": type_code, "step": step} for type_code, step in sorted(selection.without)]
    return query
