"""Openings, their history, and the centres that come of them, in MongoDB."""

from collections.abc import Callable, Sequence
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from kiosk_registry.adapters.events import opened, opening_told
from kiosk_registry.adapters.mongo.documents import KIOSKS, Document, point, sounds_of
from kiosk_registry.adapters.mongo.opening_documents import (
    entry_from_document,
    entry_to_document,
    opening_from_document,
    opening_to_document,
)
from kiosk_registry.application.openings.errors import DeviceTaken, OpeningThere, PremisesTaken
from kiosk_registry.application.openings.ports import Activation, Changes, Selection, VersionMoved
from kiosk_registry.domain.openings.opening import Change, HistoryEntry, Opening
from kiosk_registry.domain.register.centres import FIRST_NUMBER_OF_OPENED, Status, kiosk_id
from servicekit.events.outbox import Outbox
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo, duplicate_key

OPENINGS = "openings"
HISTORY = "opening_history"
DEVICES = "devices"
NUMBERS = "centre_numbers"

INDEXES = {
    OPENINGS: [
        IndexModel([("transaction_token", ASCENDING)], name="one_opening_per_token", unique=True),
        IndexModel(
            [("person_id", ASCENDING)],
            name="one_open_per_person",
            unique=True,
            partialFilterExpression={"is_open": True},
        ),
        IndexModel(
            [("premises_key", ASCENDING)],
            name="one_open_per_premises",
            unique=True,
            partialFilterExpression={"is_open": True},
        ),
        IndexModel([("person_id", ASCENDING), ("_id", ASCENDING)], name="of_a_person"),
        IndexModel([("lsp_id", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)], name="of_an_lsp"),
        IndexModel([("district_code", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)], name="of_a_district"),
        IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="in_a_state"),
    ],
    HISTORY: [IndexModel([("opening_id", ASCENDING), ("version", ASCENDING)], name="of_an_opening", unique=True)],
    DEVICES: [IndexModel([("kiosk_id", ASCENDING)], name="of_a_centre")],
}


class MongoOpenings:
    """Implements application.openings.ports.Openings. Threads may share it."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._db = mongo.db
        self._outbox = outbox
        self._idempotency = Idempotency(mongo)

    def get(self, opening_id: str) -> Opening | None:
        """The opening as it is now."""
        document = self._db[OPENINGS].find_one({"_id": opening_id})
        return opening_from_document(document) if document else None

    def history(self, opening_id: str) -> Sequence[HistoryEntry]:
        """Its lines, the oldest first."""
        lines = self._db[HISTORY].find({"opening_id": opening_id}).sort("version", ASCENDING)
        return [entry_from_document(document) for document in lines]

    def by_token(self, token: str) -> Opening | None:
        """The opening with that transaction token."""
        document = self._db[OPENINGS].find_one({"transaction_token": token})
        return opening_from_document(document) if document else None

    def page(self, selection: Selection, after: str | None, limit: int) -> Sequence[Opening]:
        """At most `limit` openings after the id, in order of id."""
        query: Document = {
            "person_id": selection.person_id,
            "lsp_id": selection.lsp_id,
            "district_code": None if selection.districts is None else {"$in": sorted(selection.districts)},
            "state": selection.state and selection.state.value,
            "_id": {"$gt": after} if after else None,
        }
        chosen = {name: value for name, value in query.items() if value is not None}
        documents = self._db[OPENINGS].find(chosen).sort("_id", ASCENDING).limit(limit)
        return [opening_from_document(document) for document in documents]

    def once(self, claim: Claim, opening_id: str, effect: Callable[[Changes], object]) -> Once[str]:
        """Runs the effect and writes the claim in one transaction, at most once; see the port."""
        once = self._idempotency.once(
            claim, opening_id, lambda session: effect(_SessionChanges(self._db, self._outbox, session))
        )
        crash_point("K2")
        return once

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got; see the port."""
        return self._idempotency.find(claim)


class _SessionChanges:
    """Implements application.openings.ports.Changes in one session: all is written, or nothing."""

    def __init__(self, db: Any, outbox: Outbox, session: ClientSession) -> None:
        self._db = db
        self._outbox = outbox
        self._session = session

    def get(self, opening_id: str) -> Opening | None:
        document = self._db[OPENINGS].find_one({"_id": opening_id}, session=self._session)
        return opening_from_document(document) if document else None

    def new_kiosk_id(self, district_code: str) -> str:
        row = self._db[NUMBERS].find_one_and_update(
            {"_id": district_code},
            {"$inc": {"given": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=self._session,
        )
        return kiosk_id(district_code, FIRST_NUMBER_OF_OPENED + row["given"] - 1)

    def add(self, change: Change, request_id: str) -> None:
        try:
            self._db[OPENINGS].insert_one(opening_to_document(change.opening), session=self._session)
        except DuplicateKeyError as error:
            raise _taken(error) from error
        self._record(change, request_id)
        crash_point("K1")

    def save(self, change: Change, request_id: str, activation: Activation | None = None) -> None:
        opening = change.opening
        document = opening_to_document(opening)
        try:
            replaced = self._db[OPENINGS].replace_one(
                {"_id": opening.id, "version": opening.version - 1}, document, session=self._session
            )
        except DuplicateKeyError as error:
            raise _taken(error) from error
        if replaced.matched_count == 0:
            raise VersionMoved
        self._record(change, request_id)
        if activation is not None:
            self._open(opening, activation, request_id)
        crash_point("K1")

    def _open(self, opening: Opening, activation: Activation, request_id: str) -> None:
        device = {"_id": opening.device_id, "kiosk_id": opening.kiosk_id, "bound_at": opening.updated_at}
        try:
            self._db[DEVICES].insert_one(device, session=self._session)
        except DuplicateKeyError as error:
            raise DeviceTaken("Another centre has this device; bind one that is free.") from error
        self._db[KIOSKS].insert_one(_kiosk_document(opening), session=self._session)
        crash_point("K3")
        approved = opened(opening, activation.credit_limit_paise, activation.event_id, request_id)
        self._outbox.add(self._session, approved)

    def _record(self, change: Change, request_id: str) -> None:
        self._db[HISTORY].insert_one(entry_to_document(change.entry), session=self._session)
        self._outbox.add(self._session, opening_told(change.event, request_id))


def _kiosk_document(opening: Opening) -> Document:
    form, identity = opening.form, opening.kiosk_id or ""
    return {
        "_id": identity,
        "code": identity.removeprefix("ksk_"),
        "name_en": form.name_en,
        "name_hi": form.name_hi,
        "kind": form.premises.kind.value,
        "district_code": form.district_code,
        "lsp_id": form.lsp_id,
        "location": point(form.premises.place),
        "status": Status.ACTIVE.value,
        "approved_at": opening.updated_at,
        "sounds": sounds_of(form.name_en, form.name_hi),
        "pin": form.premises.pin,
        "version": 1,
    }


def _taken(error: DuplicateKeyError) -> Exception:
    match duplicate_key(error):
        case ("person_id",):
            return OpeningThere(
                "You have an application under way, or a centre; GET /v1/centre-applications lists it.",
                detail_hi="आपका एक आवेदन चल रहा है, या आपका केंद्र है; GET /v1/centre-applications में देखें।",
            )
        case ("premises_key",):
            return PremisesTaken(
                "Somebody applied for a centre at this very place before; name other premises.",
                detail_hi="इसी स्थान के लिए पहले से एक आवेदन है; दूसरा स्थान दें।",
            )
    return error
