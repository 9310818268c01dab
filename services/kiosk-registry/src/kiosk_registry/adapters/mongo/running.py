"""Centres that trade, and the history of each, in MongoDB."""

from collections.abc import Callable, Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from kiosk_registry.adapters.events import surrendered
from kiosk_registry.adapters.mongo.documents import KIOSKS, Document, hours_of, point
from kiosk_registry.adapters.mongo.opening_documents import premises_key
from kiosk_registry.adapters.mongo.openings import DEVICES, OPENINGS
from kiosk_registry.application.running.errors import SiteTaken
from kiosk_registry.application.running.ports import CentreChanges, CentreMoved
from kiosk_registry.domain.places.distances import EARTH_RADIUS_M
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Kind, Status
from kiosk_registry.domain.running.centre import (
    Act,
    Actor,
    Asked,
    Change,
    HistoryLine,
    Office,
    RunningCentre,
    Site,
)
from servicekit.events.outbox import Outbox
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo

CENTRE_HISTORY = "kiosk_history"

INDEXES = {
    CENTRE_HISTORY: [
        IndexModel([("kiosk_id", ASCENDING), ("version", ASCENDING)], name="of_a_centre", unique=True),
        IndexModel([("kiosk_id", ASCENDING), ("at", DESCENDING)], name="since_a_day"),
    ]
}


class MongoRunningCentres:
    """Implements application.running.ports.RunningCentres. Threads may share it."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._db = mongo.db
        self._outbox = outbox
        self._idempotency = Idempotency(mongo)

    def get(self, kiosk_id: str) -> RunningCentre | None:
        """The centre as it is now."""
        document = self._db[KIOSKS].find_one({"_id": kiosk_id})
        return _centre(document) if document else None

    def history(self, kiosk_id: str, after: int, limit: int) -> Sequence[HistoryLine]:
        """One read by an index."""
        behind = {"kiosk_id": kiosk_id, "version": {"$gt": after}}
        documents = self._db[CENTRE_HISTORY].find(behind).sort("version", ASCENDING).limit(limit)
        return [_line(document) for document in documents]

    def neighbour_within(self, place: Place, metres: int, kiosk_id: str) -> bool:
        """One read by the index of places."""
        circle = {"$centerSphere": [[place.lon, place.lat], metres / EARTH_RADIUS_M]}
        near = {
            "location": {"$geoWithin": circle},
            "_id": {"$ne": kiosk_id},
            "status": {"$ne": Status.CLOSED.value},
        }
        return self._db[KIOSKS].find_one(near, {"_id": True}) is not None

    def once(self, claim: Claim, kiosk_id: str, effect: Callable[[CentreChanges], object]) -> Once[str]:
        """Runs the effect and writes the claim in one transaction, at most once; see the port."""
        once = self._idempotency.once(
            claim, kiosk_id, lambda session: effect(_SessionCentres(self._db, self._outbox, session))
        )
        crash_point("G2")
        return once

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got; see the port."""
        return self._idempotency.find(claim)


class _SessionCentres:
    """Implements application.running.ports.CentreChanges in one session: all is written, or nothing."""

    def __init__(self, db: Any, outbox: Outbox, session: ClientSession) -> None:
        self._db = db
        self._outbox = outbox
        self._session = session

    def save(self, change: Change, request_id: str) -> None:
        centre = change.centre
        changes = _members(centre)
        known = {member: value for member, value in changes.items() if value is not None}
        unknown = {member: "" for member, value in changes.items() if value is None}
        before = self._db[KIOSKS].find_one_and_update(
            {"_id": centre.kiosk_id, "version": centre.version - 1},
            {"$set": {**known, "version": centre.version}} | ({"$unset": unknown} if unknown else {}),
            session=self._session,
        )
        if before is None:
            raise CentreMoved
        self._db[CENTRE_HISTORY].insert_one(line_document(change.line, before, changes), session=self._session)
        self._keep_place(centre)
        if change.event is not None:
            self._db[DEVICES].delete_many({"kiosk_id": centre.kiosk_id}, session=self._session)
            self._outbox.add(self._session, surrendered(change.event, centre, request_id))
        crash_point("G1")

    def _keep_place(self, centre: RunningCentre) -> None:
        """The application that the centre came of holds its place and its applicant, until the centre is closed."""
        held = {"premises_key": premises_key(centre.place), "is_open": centre.status is not Status.CLOSED}
        try:
            self._db[OPENINGS].update_one({"kiosk_id": centre.kiosk_id}, {"$set": held}, session=self._session)
        except DuplicateKeyError as error:
            raise SiteTaken(
                "Somebody applied for a centre at this very place; name other premises.",
                detail_hi="इसी स्थान के लिए पहले से एक आवेदन है; दूसरा स्थान दें।",
            ) from error


def _members(centre: RunningCentre) -> Document:
    """What acts change."""
    asked = centre.asked
    return {
        "status": centre.status.value,
        "location": point(centre.place),
        "kind": centre.kind.value,
        "pin": centre.pin,
        "services": None if centre.services is None else list(centre.services),
        "hours": None
        if centre.hours is None
        else [{"opens": interval.opens, "closes": interval.closes} for interval in centre.hours],
        "asked": None
        if asked is None
        else {
            "act": asked.act.value,
            "by": {"person_id": asked.by.person_id, "office": asked.by.office.value},
            "at": asked.at,
            "site": _site_document(asked.site),
        },
    }


def _site_document(site: Site | None) -> Document | None:
    if site is None:
        return None
    photographs = dict(site.photographs)
    return {"pin": site.pin, "location": point(site.place), "kind": site.kind.value, "photographs": photographs}


def _centre(document: Document) -> RunningCentre:
    lon, lat = document["location"]["coordinates"]
    services, asked = document.get("services"), document.get("asked")
    return RunningCentre(
        kiosk_id=document["_id"],
        district_code=document["district_code"],
        lsp_id=document["lsp_id"],
        status=Status(document["status"]),
        place=Place(lat, lon),
        kind=Kind(document["kind"]),
        pin=document.get("pin"),
        services=None if services is None else tuple(services),
        hours=hours_of(document),
        asked=_asked(asked) if asked else None,
        version=document["version"],
    )


def _asked(document: Document) -> Asked:
    by, site = document["by"], document["site"]
    return Asked(
        act=Act(document["act"]),
        by=Actor(by["person_id"], Office(by["office"])),
        at=document["at"],
        site=_site(site) if site else None,
    )


def _site(document: Document) -> Site:
    lon, lat = document["location"]["coordinates"]
    kind = Kind(document["kind"])
    return Site(pin=document["pin"], place=Place(lat, lon), kind=kind, photographs=document["photographs"])


def line_document(line: HistoryLine, before: Document, after: Document) -> Document:
    """A line of a centre's history as it is stored: its id is the centre's with the version, so that each has one.

    `before` has what of the centre is no longer as it was; from it a past day is told.
    """
    return {
        "_id": f"{line.kiosk_id}:{line.version:06}",
        "kiosk_id": line.kiosk_id,
        "version": line.version,
        "act": line.act.value,
        "at": line.at,
        "by": {"person_id": line.by.person_id, "office": line.by.office.value},
        "reason": line.reason,
        "remarks": line.remarks,
        "facts": dict(line.facts),
        "before": {member: before.get(member) for member, value in after.items() if before.get(member) != value},
    }


def _line(document: Document) -> HistoryLine:
    by = document["by"]
    return HistoryLine(
        act=Act(document["act"]),
        by=Actor(by["person_id"], Office(by["office"])),
        **{name: document[name] for name in ("kiosk_id", "version", "at", "reason", "remarks", "facts")},
    )
