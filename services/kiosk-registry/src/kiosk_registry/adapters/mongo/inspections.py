"""Inspections in MongoDB."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from kiosk_registry.adapters.mongo.cases import SessionCases
from kiosk_registry.adapters.mongo.documents import Document, point
from kiosk_registry.application.inspections.errors import InspectionThere
from kiosk_registry.domain.discipline.case import CaseChange
from kiosk_registry.domain.inspections.inspection import Inspection, InspectionKind
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.running.centre import Actor, Office
from servicekit.events.outbox import Outbox
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo, duplicate_key

INSPECTIONS = "centre_inspections"
_PLAIN = ("kiosk_id", "district_code", "lsp_id", "at", "metres", "remarks")
INDEXES = {
    INSPECTIONS: [
        IndexModel(
            [("kiosk_id", ASCENDING), ("kind", ASCENDING), ("on", ASCENDING)], name="one_of_a_kind_a_day", unique=True
        ),
        IndexModel([("kiosk_id", ASCENDING), ("at", DESCENDING)], name="of_a_centre"),
    ]
}


class MongoInspections:
    """Implements application.inspections.ports.Inspections. Threads may share it."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._db = mongo.db
        self._outbox = outbox
        self._idempotency = Idempotency(mongo)

    def record(self, inspection: Inspection, cases: Sequence[CaseChange], claim: Claim) -> Once[str]:
        """One transaction; see the port."""

        def write(session: ClientSession) -> None:
            self._db[INSPECTIONS].insert_one(_document(inspection), session=session)
            changes = SessionCases(self._db, self._outbox, session)
            for change in cases:
                changes.add(change)

        try:
            return self._idempotency.once(claim, inspection.id, write)
        except DuplicateKeyError as error:
            if duplicate_key(error) != ("kiosk_id", "kind", "on"):
                raise
            raise self._there(inspection) from error

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got; see the port."""
        return self._idempotency.find(claim)

    def get(self, inspection_id: str) -> Inspection | None:
        """One of them."""
        document = self._db[INSPECTIONS].find_one({"_id": inspection_id})
        return _inspection(document) if document else None

    def of_centre(self, kiosk_id: str, limit: int) -> Sequence[Inspection]:
        """One read by an index."""
        documents = self._db[INSPECTIONS].find({"kiosk_id": kiosk_id}).sort("at", DESCENDING).limit(limit)
        return [_inspection(document) for document in documents]

    def _there(self, inspection: Inspection) -> InspectionThere:
        day = {"kiosk_id": inspection.kiosk_id, "kind": inspection.kind.value, "on": _document(inspection)["on"]}
        first = self._db[INSPECTIONS].find_one(day) or {}
        return InspectionThere(
            "It was inspected on this day already; add what you saw to its cases as evidence.",
            detail_hi="आज इसका निरीक्षण हो चुका है; आपने जो देखा उसे प्रकरण में साक्ष्य के रूप में जोड़ें।",
            inspection_id=first.get("_id"),
            cases=list((first.get("cases") or {}).values()),
        )


def _document(inspection: Inspection) -> Document:
    return {
        "_id": inspection.id,
        **{name: getattr(inspection, name) for name in _PLAIN},
        "kind": inspection.kind.value,
        "on": datetime.combine(inspection.on, time(), UTC),
        "by": {"person_id": inspection.by.person_id, "office": inspection.by.office.value},
        "answers": dict(inspection.answers),
        "photographs": dict(inspection.photographs),
        "location": point(inspection.place),
        "cases": dict(inspection.cases),
    }


def _inspection(document: Document) -> Inspection:
    lon, lat = document["location"]["coordinates"]
    return Inspection(
        id=document["_id"],
        **{name: document[name] for name in (*_PLAIN, "answers", "photographs", "cases")},
        kind=InspectionKind(document["kind"]),
        on=document["on"].date(),
        by=Actor(document["by"]["person_id"], Office(document["by"]["office"])),
        place=Place(lat, lon),
    )
