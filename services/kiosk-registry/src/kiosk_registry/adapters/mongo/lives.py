"""What is known of centres by their heartbeats, and the districts that went dark, in MongoDB."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from kiosk_registry.adapters.mongo.documents import KIOSKS, Document
from kiosk_registry.adapters.mongo.openings import DEVICES
from kiosk_registry.domain.live.components import Floor
from kiosk_registry.domain.live.district_state import RECENT, Counts, DistrictState, Turn
from kiosk_registry.domain.live.life import ONLINE_FOR, STALE_FOR, Beat, Life, Refusal, judge
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.domain.register.hours import minute_of_week
from servicekit.events.envelope import NewEvent
from servicekit.events.outbox import Outbox
from servicekit.ids import event_id, public_id
from servicekit.instants import rfc3339
from servicekit.mongo import Mongo, duplicate_key
from servicekit.mongo.client import DUPLICATE_KEY_CODE
from servicekit.mongo.group_commit import GroupCommit

LIVES = "kiosk_lives"
DISTRICT_STATES = "district_states"
FLOORS = "component_floors"
DISTRICT_DARKENED = "district.darkened.v1"
DISTRICT_RECOVERED = "district.recovered.v1"
FLOORS_FRESH_SECONDS = 30.0
PUBLISHES = [DISTRICT_DARKENED, DISTRICT_RECOVERED]

INDEXES = {
    LIVES: [IndexModel([("at", ASCENDING)], name="lately")],
    DISTRICT_STATES: [],
    FLOORS: [],
}


# A machine that is bound in the very moment of a heartbeat is seen at the second look.
MOST_LOOKS = 3


class _LookAgain(Exception):
    """Of beats that came together one does not count, or a centre was bound meanwhile: each is looked at alone."""


class MongoLives:
    """Implements application.live.ports.Lives. Threads may share it."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._mongo = mongo
        self._outbox = outbox
        self._kiosks = mongo.db[KIOSKS]
        self._lives = mongo.db[LIVES]
        self._devices = mongo.db[DEVICES]
        self._states = mongo.db[DISTRICT_STATES]
        self._floors = mongo.db[FLOORS]
        self._together = GroupCommit(self._record_all)
        self._known_floors: tuple[float, Sequence[Floor]] = (float("-inf"), ())

    def record(self, beat: Beat) -> Refusal | None:
        """Two reads and one write for all beats of this process that are waiting."""
        return self._together.run(beat, lambda: self._record_alone(beat), committed=None)

    def bind(self, kiosk_id: str, machine: str) -> Life | None:
        """Compare-and-set on the machine that was bound."""
        while True:
            kiosk = self._kiosks.find_one({"_id": kiosk_id}, {"district_code": True})
            if kiosk is None:
                return None
            document = self._lives.find_one({"_id": kiosk_id})
            if document is None:
                life = Life(
                    kiosk_id=kiosk_id, district_code=kiosk["district_code"], machine=machine, at=None, components={}
                )
                try:
                    self._lives.insert_one(_to_document(life))
                except DuplicateKeyError:
                    continue
                return life
            before = _from_document(document)
            after = before.bound(machine)
            as_before = {"_id": kiosk_id, "machine": before.machine}
            if after == before or self._lives.replace_one(as_before, _to_document(after)).matched_count:
                return after

    def floors(self) -> Sequence[Floor]:
        """A handful, read again after half a minute: each heartbeat asks for them."""
        until, floors = self._known_floors
        if time.monotonic() > until:
            documents = self._floors.find().sort("_id", ASCENDING)
            floors = [Floor(floor["_id"], floor["least"], floor["order"]) for floor in documents]
            self._known_floors = time.monotonic() + FLOORS_FRESH_SECONDS, floors
        return floors

    def require(self, floor: Floor) -> None:
        """See the port."""
        document = {"_id": floor.component, "least": floor.least, "order": floor.order}
        self._floors.replace_one({"_id": floor.component}, document, upsert=True)

    def counted(self, at: datetime) -> dict[str, Counts]:
        """Those that were heard within the hour, by an index, without the ones that are closed by their hours."""
        minute = minute_of_week(at)
        rows = self._lives.aggregate(
            [
                {"$match": {"at": {"$gt": at - RECENT}}},
                {"$lookup": {"from": KIOSKS, "localField": "_id", "foreignField": "_id", "as": "kiosk"}},
                {
                    "$match": {
                        "$or": [
                            {"kiosk.hours": {"$exists": False}},
                            {"kiosk.hours": {"$elemMatch": {"opens": {"$lte": minute}, "closes": {"$gt": minute}}}},
                        ]
                    }
                },
                {
                    "$group": {
                        "_id": "$district_code",
                        "recent": {"$sum": 1},
                        "online": {"$sum": {"$cond": [{"$gte": ["$at", at - ONLINE_FOR]}, 1, 0]}},
                        "recent_dark": {"$sum": {"$cond": [{"$lt": ["$at", at - STALE_FOR]}, 1, 0]}},
                    }
                },
            ]
        ).to_list()
        return {row["_id"]: Counts(row["online"], row["recent"], row["recent_dark"]) for row in rows}

    def states(self) -> dict[str, DistrictState]:
        """One read of 41 at most."""
        return {
            state["_id"]: DistrictState(state["_id"], state["dark_since"], state["lost"], state["turns"])
            for state in self._states.find()
        }

    def turn(self, before: DistrictState, after: DistrictState, turn: Turn, counts: Counts, at: datetime) -> bool:
        """See the port."""
        event = _event(before, after, turn, counts, at)
        members = {"dark_since": after.dark_since, "lost": after.lost, "turns": after.turns}

        def run(session: ClientSession) -> None:
            self._states.update_one(
                {"_id": before.district_code, "turns": before.turns}, {"$set": members}, upsert=True, session=session
            )
            self._outbox.add(session, event)

        try:
            self._mongo.transact(run)
        except DuplicateKeyError as error:
            # Another worker turned it: the upsert met the same district with more turns.
            if duplicate_key(error) != ("_id",):
                raise
            return False
        return True

    def _record_alone(self, beat: Beat) -> Refusal | None:
        for _ in range(MOST_LOOKS - 1):
            with suppress(_LookAgain):
                return self._record_one(beat)
        return self._record_one(beat)

    def _record_one(self, beat: Beat) -> Refusal | None:
        life, standing = self._known([beat])[beat.kiosk_id]
        if refusal := judge(beat, life, Status(standing["status"]) if standing else None):
            if life is not None and refusal in (Refusal.OTHER_MACHINE, Refusal.RETIRED_MACHINE):
                tried = {"other_machine": beat.machine, "other_at": beat.at}
                unheard = {name: value for name, value in _to_document(life).items() if name not in tried}
                self._lives.update_one({"_id": beat.kiosk_id}, {"$set": tried, "$setOnInsert": unheard}, upsert=True)
            return refusal
        self._write([(beat, standing["district_code"])] if standing else [])
        return None

    def _record_all(self, beats: Sequence[Beat]) -> None:
        known = self._known(beats)
        for beat in beats:
            life, standing = known[beat.kiosk_id]
            if standing is None or judge(beat, life, Status(standing["status"])):
                raise _LookAgain
        self._write([(beat, known[beat.kiosk_id][1]["district_code"]) for beat in beats])  # type: ignore[index]

    def _known(self, beats: Sequence[Beat]) -> dict[str, tuple[Life | None, Document | None]]:
        ids = [beat.kiosk_id for beat in beats]
        kiosks = {
            kiosk["_id"]: kiosk
            for kiosk in self._kiosks.find({"_id": {"$in": ids}}, {"status": True, "district_code": True})
        }
        lives = {life["_id"]: _from_document(life) for life in self._lives.find({"_id": {"$in": ids}})}
        if unheard := [kiosk_id for kiosk_id in ids if kiosk_id in kiosks and kiosk_id not in lives]:
            # A centre that was opened here has the device that it was opened with, before it is heard.
            for device in self._devices.find({"kiosk_id": {"$in": unheard}}):
                lives[device["kiosk_id"]] = Life(
                    kiosk_id=device["kiosk_id"],
                    district_code=kiosks[device["kiosk_id"]]["district_code"],
                    machine=device["_id"],
                    at=None,
                    components={},
                )
        return {kiosk_id: (lives.get(kiosk_id), kiosks.get(kiosk_id)) for kiosk_id in ids}

    def _write(self, beats: Sequence[tuple[Beat, str]]) -> None:
        """The filter has the machine: a centre bound to another one meanwhile is not overwritten, its id refuses."""
        updates = [
            UpdateOne(
                {"_id": beat.kiosk_id, "machine": beat.machine},
                {
                    "$set": {"at": beat.at, "components": dict(beat.components), "district_code": district_code},
                    "$setOnInsert": {"retired": [], "other_machine": None, "other_at": None},
                },
                upsert=True,
            )
            for beat, district_code in beats
        ]
        if not updates:
            return
        try:
            self._lives.bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            if any(refusal["code"] != DUPLICATE_KEY_CODE for refusal in error.details["writeErrors"]):
                raise
            raise _LookAgain from error


def _event(before: DistrictState, after: DistrictState, turn: Turn, counts: Counts, at: datetime) -> NewEvent:
    if turn is Turn.DARKENED:
        data = {"centres": counts.recent, "centres_dark": counts.recent_dark, "went_dark_at": rfc3339(at)}
    else:
        went_dark_at = before.dark_since or at
        data = {
            "centres": before.lost,
            "centres_online": counts.online,
            "went_dark_at": rfc3339(went_dark_at),
            "came_back_at": rfc3339(at),
        }
    return NewEvent(
        id=event_id(),
        type=DISTRICT_DARKENED if turn is Turn.DARKENED else DISTRICT_RECOVERED,
        aggregate_type="district",
        aggregate_id=before.district_code,
        sequence=after.turns,
        occurred_at=at,
        request_id=public_id("req"),
        data={"district_code": before.district_code, **data},
    )


def _to_document(life: Life) -> Document:
    members = asdict(life)
    return {"_id": members.pop("kiosk_id"), **members, "retired": list(life.retired)}


def _from_document(document: Document) -> Life:
    members = {name: value for name, value in document.items() if name != "_id"}
    return Life(kiosk_id=document["_id"], **(members | {"retired": tuple(document["retired"])}))
