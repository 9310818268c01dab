"""Cases against centres, and what becomes of the centres by them, in MongoDB."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession

from kiosk_registry.adapters.events import penalty_imposed, standing_told
from kiosk_registry.adapters.mongo.case_documents import (
    case_document,
    case_line_document,
    case_line_of,
    case_of,
    standing_of,
    suspension_document,
)
from kiosk_registry.adapters.mongo.documents import KIOSKS, Document
from kiosk_registry.adapters.mongo.openings import DEVICES, OPENINGS
from kiosk_registry.adapters.mongo.running import CENTRE_HISTORY, line_document
from kiosk_registry.application.discipline.ports import CaseChanges, CaseMoved, CaseSelection, EventIds, Report
from kiosk_registry.domain.calendar import civil_day
from kiosk_registry.domain.discipline import acts
from kiosk_registry.domain.discipline.case import (
    Act,
    Case,
    CaseChange,
    CaseLine,
    Evidence,
    Outcome,
    Source,
    Standing,
    State,
    Stood,
)
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.domain.running.centre import Act as CentreAct
from kiosk_registry.domain.running.centre import HistoryLine
from servicekit.events.outbox import Outbox
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once
from servicekit.instants import rfc3339
from servicekit.mongo import Idempotency, Mongo

CASES = "centre_cases"
CASE_HISTORY = "centre_case_history"
_ACTS = {
    Status.SUSPENDED: CentreAct.SUSPEND,
    Status.ACTIVE: CentreAct.REINSTATE,
    Status.CLOSED: CentreAct.CLOSE,
}

INDEXES = {
    CASES: [
        IndexModel(
            [("source_id", ASCENDING), ("offence", ASCENDING)],
            name="one_case_per_source",
            unique=True,
            partialFilterExpression={"source_id": {"$exists": True}},
        ),
        IndexModel([("kiosk_id", ASCENDING), ("offence", ASCENDING), ("counts", ASCENDING)], name="held_against"),
        IndexModel([("kiosk_id", ASCENDING), ("_id", ASCENDING)], name="of_a_centre"),
        IndexModel([("lsp_id", ASCENDING), ("_id", ASCENDING)], name="of_an_lsp"),
        IndexModel([("district_code", ASCENDING), ("_id", ASCENDING)], name="of_a_district"),
        IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="in_a_state"),
        IndexModel([("state", ASCENDING), ("appeal_until", ASCENDING)], name="to_become_final"),
    ],
    CASE_HISTORY: [IndexModel([("case_id", ASCENDING), ("version", ASCENDING)], name="of_a_case", unique=True)],
}


class MongoCases:
    """Implements application.discipline.ports.Cases. Threads may share it."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._mongo = mongo
        self._db = mongo.db
        self._outbox = outbox
        self._idempotency = Idempotency(mongo)

    def get(self, case_id: str) -> Case | None:
        """The case as it is now."""
        document = self._db[CASES].find_one({"_id": case_id})
        return case_of(document) if document else None

    def standing(self, kiosk_id: str) -> Standing | None:
        """How a centre stands now."""
        document = self._db[KIOSKS].find_one({"_id": kiosk_id}, {"status": 1, "version": 1, "suspension": 1})
        return standing_of(document) if document else None

    def times(self, kiosk_id: str, offence: str) -> int:
        """A count by an index."""
        return self._db[CASES].count_documents({"kiosk_id": kiosk_id, "offence": offence, "counts": True})

    def history(self, case_id: str) -> Sequence[CaseLine]:
        """Its lines, the oldest first."""
        lines = self._db[CASE_HISTORY].find({"case_id": case_id}).sort("version", ASCENDING)
        return [case_line_of(document) for document in lines]

    def page(self, selection: CaseSelection, after: str | None, limit: int) -> Sequence[Case]:
        """At most `limit` cases after the id, in order of id."""
        query: Document = {
            "kiosk_id": selection.kiosk_id,
            "lsp_id": selection.lsp_id,
            "district_code": None if selection.districts is None else {"$in": sorted(selection.districts)},
            "state": selection.state and selection.state.value,
            "is_told": True if selection.told else None,
            "_id": {"$gt": after} if after else None,
        }
        chosen = {name: value for name, value in query.items() if value is not None}
        documents = self._db[CASES].find(chosen).sort("_id", ASCENDING).limit(limit)
        return [case_of(document) for document in documents]

    def overdue(self, at: datetime, limit: int) -> Sequence[tuple[str, Act]]:
        """Two reads by indexes, the longest overdue first."""
        over = {"suspension.until": {"$lt": at}}
        suspended = self._db[KIOSKS].find(over, {"suspension.case_id": 1}).sort("suspension.until", 1).limit(limit)
        final = {"state": State.DECIDED.value, "appeal_until": {"$lt": at}}
        decided = self._db[CASES].find(final, {"_id": 1}).sort("appeal_until", 1).limit(limit)
        # What was decided goes first: a centre that is to be closed is not reinstated a moment before.
        return [
            *((row["_id"], Act.BECOME_FINAL) for row in decided),
            *((row["suspension"]["case_id"], Act.END_SUSPENSION) for row in suspended),
        ]

    def once(self, claim: Claim, case_id: str, effect: Callable[[CaseChanges], object]) -> Once[str]:
        """Runs the effect and writes the claim in one transaction, at most once; see the port."""
        once = self._idempotency.once(
            claim, case_id, lambda session: effect(SessionCases(self._db, self._outbox, session))
        )
        crash_point("X2")
        return once

    def transact(self, effect: Callable[[CaseChanges], object]) -> None:
        """Runs the effect in one transaction; see the port."""
        self._mongo.transact(lambda session: effect(SessionCases(self._db, self._outbox, session)))

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got; see the port."""
        return self._idempotency.find(claim)


class ReportedCasesWithin:
    """Implements application.discipline.ports.ReportedCases in the session of an event."""

    def __init__(self, mongo: Mongo, outbox: Outbox, session: ClientSession) -> None:
        self._db = mongo.db
        self._session = session
        self._changes = SessionCases(mongo.db, outbox, session)

    def open_reported(self, case_id: str, report: Report) -> bool:
        """See the port."""
        centre = self._db[KIOSKS].find_one({"_id": report.kiosk_id}, session=self._session)
        if centre is None or self._db[CASES].find_one({"source_id": report.report_id}, session=self._session):
            return False
        facts = {
            name: getattr(report, name)
            for name in ("payment_id", "receipt_number", "fee_order", "legal_fee_paise", "total_paise", "paid_paise")
        }
        evidence = Evidence(at=report.reported_at, by=acts.BY_ITSELF, text="", photographs=(), place=None, facts=facts)
        change = acts.open_case(
            case_id=case_id,
            standing=standing_of(centre),
            district_code=centre["district_code"],
            lsp_id=centre["lsp_id"],
            offence="overcharging",
            source=Source.RECEIPT,
            source_id=report.report_id,
            observed_on=civil_day(report.completed_at),
            evidence=evidence,
        )
        self._changes.add(change)
        return True


class SessionCases:
    """Implements application.discipline.ports.CaseChanges in one session: all is written, or nothing."""

    def __init__(self, db: Any, outbox: Outbox, session: ClientSession) -> None:
        self._db = db
        self._outbox = outbox
        self._session = session

    def add(self, change: CaseChange) -> None:
        self._db[CASES].insert_one(case_document(change.case), session=self._session)
        self._db[CASE_HISTORY].insert_one(case_line_document(change.line), session=self._session)
        crash_point("X1")

    def save(self, change: CaseChange, ids: EventIds) -> None:
        case = change.case
        if change.line.act is Act.DECIDE:
            self._count(case)
        replaced = self._db[CASES].replace_one(
            {"_id": case.id, "version": case.version - 1}, case_document(case), session=self._session
        )
        if replaced.matched_count == 0:
            raise CaseMoved
        self._db[CASE_HISTORY].insert_one(case_line_document(change.line), session=self._session)
        if change.stood is not None:
            self._stand(change, change.stood, ids)
        if change.penalty is not None:
            told = penalty_imposed(change.penalty, case, ids.penalty, ids.request)
            self._outbox.add(self._session, told)
        crash_point("X1")

    def _count(self, case: Case) -> None:
        """That it is for the so many-th time is true when it is written: two decisions about a centre, which read the
        same count, meet at its document, and the later one is begun anew.
        """
        decision = case.decision
        if decision is None or decision.outcome is Outcome.DISMISSED:
            return
        self._db[KIOSKS].update_one({"_id": case.kiosk_id}, {"$inc": {"cases_decided": 1}}, session=self._session)
        held = {"kiosk_id": case.kiosk_id, "offence": case.offence, "counts": True}
        if self._db[CASES].count_documents(held, session=self._session) + 1 != decision.times:
            raise CaseMoved

    def _stand(self, change: CaseChange, stood: Stood, ids: EventIds) -> None:
        """The centre, the line of its own history, and what is told of it."""
        standing, case = stood.standing, change.case
        members: Document = {
            "status": standing.status.value,
            "suspension": suspension_document(standing.suspension),
        }
        known = {name: value for name, value in members.items() if value is not None}
        unknown = {name: "" for name, value in members.items() if value is None}
        before = self._db[KIOSKS].find_one_and_update(
            {"_id": standing.kiosk_id, "version": standing.version - 1},
            {"$set": {**known, "version": standing.version}} | ({"$unset": unknown} if unknown else {}),
            session=self._session,
        )
        if before is None:
            raise CaseMoved
        until = standing.suspension and standing.suspension.until
        line = HistoryLine(
            kiosk_id=standing.kiosk_id,
            version=standing.version,
            act=_ACTS[standing.status],
            at=change.line.at,
            by=change.line.by,
            reason=stood.reason,
            facts={"case_id": case.id} | ({"until": rfc3339(until)} if until else {}),
        )
        self._db[CENTRE_HISTORY].insert_one(line_document(line, before, members), session=self._session)
        if standing.status is Status.CLOSED:
            self._let_go(standing.kiosk_id)
        self._outbox.add(self._session, standing_told(stood, case, change.line.at, ids.centre, ids.request))

    def _let_go(self, kiosk_id: str) -> None:
        """The device, the place and the applicant are free again."""
        self._db[DEVICES].delete_many({"kiosk_id": kiosk_id}, session=self._session)
        self._db[OPENINGS].update_one({"kiosk_id": kiosk_id}, {"$set": {"is_open": False}}, session=self._session)
