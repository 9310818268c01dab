"""How centres are at this moment, straight from MongoDB to the members of the answer."""

from datetime import datetime

import pymongo

from kiosk_registry.adapters.mongo.documents import KIOSKS, Document
from kiosk_registry.adapters.mongo.lives import DISTRICT_STATES, FLOORS, LIVES
from kiosk_registry.adapters.mongo.place_queries import PlaceQueries
from kiosk_registry.domain.live.components import Floor, Outdated, outdated
from kiosk_registry.domain.live.life import ONLINE_FOR, STALE_FOR, Liveness, liveness
from kiosk_registry.domain.register.centres import Status
from servicekit.deadlines import seconds_left
from servicekit.errors import NotFound
from servicekit.instants import rfc3339
from servicekit.mongo import Mongo

STATES = ("online", "stale", "dark", "never")


class LiveQueries:
    """Reads with the members that the schemas of `entrypoints.http.live` document. Raises as KioskQueries does."""

    def __init__(self, mongo: Mongo, places: PlaceQueries) -> None:
        self._timeout_seconds = mongo.timeout_seconds
        self._kiosks = mongo.db[KIOSKS]
        self._lives = mongo.db[LIVES]
        self._states = mongo.db[DISTRICT_STATES]
        self._floors = mongo.db[FLOORS]
        self._places = places

    def of(self, kiosk_id: str, at: datetime) -> Document:
        """One centre. Raises NotFound."""
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            kiosk = self._kiosks.find_one({"_id": kiosk_id}, {"district_code": True})
            life = self._lives.find_one({"_id": kiosk_id}) or {"at": None, "components": {}, "other_at": None}
            floors = [Floor(floor["_id"], floor["least"], floor["order"]) for floor in self._floors.find()]
        if kiosk is None:
            raise NotFound("There is no centre with this id; GET /v1/kiosks lists them.")
        state = liveness(life["at"], at)
        older = sorted(outdated(life["components"], floors), key=lambda item: item.component)
        return {
            "kiosk_id": kiosk_id,
            "district_code": kiosk["district_code"],
            "state": state.value,
            "last_heard_at": life["at"] and rfc3339(life["at"]),
            "components": [
                {"component": name, "version": version} for name, version in sorted(life["components"].items())
            ],
            "outdated": [outdated_members(item) for item in older],
            "other_machine_at": life["other_at"] and rfc3339(life["other_at"]),
            **_because(state, older),
        }

    def districts(self, at: datetime) -> Document:
        """Each district by its English name, and the state. An ACTIVE centre that was never heard is `never`."""
        online, stale = {"$gte": ["$at", at - ONLINE_FOR]}, {"$gte": ["$at", at - STALE_FOR]}
        state = {
            "$switch": {
                "branches": [
                    {"case": {"$eq": ["$at", None]}, "then": "unheard"},
                    {"case": online, "then": "online"},
                    {"case": stale, "then": "stale"},
                ],
                "default": "dark",
            }
        }
        group = {"$group": {"_id": {"district": "$district_code", "state": state}, "centres": {"$sum": 1}}}
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            districts = self._places.districts()
            heard = self._lives.aggregate([group]).to_list()
            active = self._kiosks.aggregate(
                [
                    {"$match": {"status": Status.ACTIVE.value}},
                    {"$group": {"_id": "$district_code", "centres": {"$sum": 1}}},
                ]
            ).to_list()
            dark = {state["_id"]: state["dark_since"] for state in self._states.find()}
        counts = {(row["_id"]["district"], row["_id"]["state"]): row["centres"] for row in heard}
        actives = {row["_id"]: row["centres"] for row in active}
        items = []
        for district in districts:
            code = district["district_code"]
            by_state = {name: counts.get((code, name), 0) for name in ("online", "stale", "dark")}
            since = dark.get(code)
            items.append(
                {
                    **{name: district[name] for name in ("district_code", "name_en", "name_hi")},
                    **by_state,
                    "never": max(0, actives.get(code, 0) - sum(by_state.values())),
                    "dark_since": since and rfc3339(since),
                }
            )
        return {"items": items, **{name: sum(item[name] for item in items) for name in STATES}}


def outdated_members(item: Outdated) -> Document:
    """The members of OutdatedComponentSchema."""
    return {
        "component": item.component,
        "version": item.version,
        "least": item.floor.least,
        "order": item.floor.order,
    }


def _because(state: Liveness, older: list[Outdated]) -> Document:
    if state not in (Liveness.STALE, Liveness.DARK) or not older:
        return {"note": None, "note_hi": None}
    listed = ", ".join(f"{item.component} {item.version} < {item.floor.least}" for item in older)
    return {
        "note": f"Silent; what runs on its machine is older than asked for: {listed}.",
        "note_hi": f"केंद्र से संकेत नहीं; मशीन पर चल रहा सॉफ़्टवेयर माँगे गए संस्करण से पुराना है: {listed}।",
    }
