"""The register in MongoDB: writing centres, and the events of those that are approved."""

from collections.abc import Sequence

from pymongo import ASCENDING, GEOSPHERE, IndexModel, ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError

from kiosk_registry.adapters.events import KIOSK_APPROVED
from kiosk_registry.adapters.mongo.documents import (
    DISTRICTS,
    KIOSKS,
    centre_to_document,
    district_to_document,
    sounds_of,
)
from kiosk_registry.domain.places.districts import District
from kiosk_registry.domain.register.centres import OPENING_CREDIT_LIMIT_PAISE, Centre
from servicekit.events.envelope import NewEvent
from servicekit.events.outbox import Outbox
from servicekit.instants import rfc3339
from servicekit.mongo import Mongo

_DUPLICATE_KEY = 11000

# One index per question asked; each list is read in order of id.
INDEXES = {
    KIOSKS: [
        IndexModel([("location", GEOSPHERE)], name="nearest"),
        IndexModel(
            [("district_code", ASCENDING), ("status", ASCENDING), ("_id", ASCENDING)], name="by_district_status"
        ),
        IndexModel([("district_code", ASCENDING), ("_id", ASCENDING)], name="by_district"),
        IndexModel([("status", ASCENDING), ("_id", ASCENDING)], name="by_status"),
        IndexModel([("pin", ASCENDING), ("_id", ASCENDING)], name="by_pin"),
        IndexModel([("tehsil_code", ASCENDING), ("_id", ASCENDING)], name="by_tehsil"),
        IndexModel([("services", ASCENDING), ("_id", ASCENDING)], name="by_service"),
        IndexModel(
            [("suspension.until", ASCENDING)],
            name="suspensions_to_end",
            partialFilterExpression={"suspension.until": {"$exists": True}},
        ),
        IndexModel([("sounds", ASCENDING), ("_id", ASCENDING)], name="by_name"),
    ]
}


class MongoRegister:
    """Implements `application.register.ports.Register`."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._mongo = mongo
        self._outbox = outbox
        self._kiosks = mongo.db[KIOSKS]
        self._districts = mongo.db[DISTRICTS]

    def put_districts(self, districts: Sequence[District]) -> None:
        """Replaces the facts of these districts. Safe to repeat."""
        documents = [district_to_document(district) for district in districts]
        self._districts.bulk_write(
            [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in documents]
        )

    def count(self, first_id: str, last_id: str) -> int:
        """How many centres have ids from `first_id` to `last_id`, both included."""
        return self._kiosks.count_documents({"_id": {"$gte": first_id, "$lte": last_id}})

    def add(self, centres: Sequence[Centre]) -> int:
        """Inserts the centres that are not there yet; returns how many. Safe to repeat."""
        try:
            result = self._kiosks.insert_many([centre_to_document(centre) for centre in centres], ordered=False)
        except BulkWriteError as error:
            # The only unique index is that of the id: the centre is there, as it should be.
            if any(refusal["code"] != _DUPLICATE_KEY for refusal in error.details["writeErrors"]):
                raise
            return int(error.details["nInserted"])
        return len(result.inserted_ids)

    def migrate(self) -> int:
        """Gives the centres of 0.1.0 the sounds of their names; how many. Safe to repeat, and to cut off."""
        migrated = 0
        while batch := self._kiosks.find({"sounds": None}, {"name_en": True, "name_hi": True}).limit(2_000).to_list():
            self._kiosks.bulk_write(
                [
                    UpdateOne(
                        {"_id": kiosk["_id"], "name_en": kiosk["name_en"], "name_hi": kiosk["name_hi"]},
                        {"$set": {"sounds": sounds_of(kiosk["name_en"], kiosk["name_hi"])}},
                    )
                    for kiosk in batch
                ],
                ordered=False,
            )
            migrated += len(batch)
        return migrated

    def approve(self, centres: Sequence[Centre], event_ids: Sequence[str], request_id: str) -> int:
        """Inserts the centres that are not there yet, each with its event, in one transaction. Safe to repeat."""
        events = {
            centre.kiosk_id: _approved(centre, new_id, request_id)
            for centre, new_id in zip(centres, event_ids, strict=True)
        }
        documents = {centre.kiosk_id: centre_to_document(centre) for centre in centres}

        def run(session: ClientSession) -> int:
            there = self._kiosks.find({"_id": {"$in": list(documents)}}, {"_id": True}, session=session)
            missing = documents.keys() - {document["_id"] for document in there}
            if missing:
                in_order = sorted(missing)
                self._kiosks.insert_many([documents[kiosk_id] for kiosk_id in in_order], session=session)
                self._outbox.add(session, *(events[kiosk_id] for kiosk_id in in_order))
            return len(missing)

        return self._mongo.transact(run)


def _approved(centre: Centre, new_id: str, request_id: str) -> NewEvent:
    if centre.approved_at is None:
        raise ValueError(f"{centre.kiosk_id} is not approved")
    return NewEvent(
        id=new_id,
        type=KIOSK_APPROVED,
        aggregate_type="kiosk",
        aggregate_id=centre.kiosk_id,
        sequence=1,
        occurred_at=centre.approved_at,
        request_id=request_id,
        data={
            "kiosk_id": centre.kiosk_id,
            "district_code": centre.district_code,
            "lsp_id": centre.lsp_id,
            "operator_person_id": None,
            "credit_limit": {"amount": OPENING_CREDIT_LIMIT_PAISE, "currency": "INR"},
            "approved_at": rfc3339(centre.approved_at),
        },
    )
