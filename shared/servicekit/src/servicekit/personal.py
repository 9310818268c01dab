"""A service's part in people's rights over their data: what it holds against an erasure, what goes, what is shown.

Digital Personal Data Protection Act, 2023, sections 11 and 12; decided in ADR 0045 and ADR 0069. A service writes
`PersonalRecords` for what it keeps by a person's id; the rest is here: three rows for its table of events, a job, the
event in which it answers, and the route by which a person takes the own part along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from marshmallow import EXCLUDE, Schema, fields
from pymongo.client_session import ClientSession

from servicekit.events import Consumer, NewEvent, Order, Outbox, ReceivedEvent
from servicekit.http import PEOPLE, Blueprint, application, caller
from servicekit.ids import event_id
from servicekit.instants import rfc3339, utc_now
from servicekit.mongo import Mongo
from servicekit.service.jobs import Job

# For `Service(shares=…)` of everybody who has a part: on an empty register the first to come has the scope.
SHARES = {"SCOPE privacy": "every service has a part of what is kept of a person, and shows it to the person"}
# Erasures that were asked for here and are not over: one document each, gone when there is nothing left to do.
COLLECTION = "erasures_asked"
# A hold that ended is told of within this. An erasure waits for hours.
LOOK_EVERY_SECONDS = 60.0
# After an erasure it is looked at for so long, and longer only for what holds it: by then no token of the person is
# left, what was done by the last of them is written, and what was told of the person has arrived.
LOOKED_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One thing that holds the whole erasure back. `reason` is an id of identity's list, which has the law of each;
    `subject` is an id, such as an application's. `until` None: it ends when the service answers without it."""

    reason: str
    subject: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that a service has against an erasure. `keeps` are reasons for which something stays after it."""

    holds: tuple[Hold, ...] = ()
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRecord:
    """One thing that is kept of a person: what it is, its id, since when, and what it says, as JSON values."""

    kind: str
    id: str
    since: datetime
    says: Mapping[str, Any]


class PersonalRecords(Protocol):
    """What a service keeps by a person's id."""

    def answer(self, person_id: str, session: ClientSession) -> Answer:
        """What is in the way of erasing the person now, and what stays."""

    def erase(self, person_id: str, at: datetime, session: ClientSession) -> None:
        """Removes everything that `answer` does not name; a repeat changes nothing."""

    def own(self, person_id: str) -> Sequence[OwnRecord]:
        """Everything, for the person alone."""


class Erasures:
    """The erasures in which a service has a word."""

    def __init__(self, mongo: Mongo, outbox: Outbox, records: PersonalRecords, answered: str) -> None:
        """`answered` is the event in which this service answers, such as billing.answered.v1."""
        self._mongo, self._outbox, self._records, self._answered = mongo, outbox, records, answered
        self._asked = mongo.db[COLLECTION]

    def requested(self, erasure_id: str, person_id: str, request_id: str, session: ClientSession) -> None:
        """Answers at once, and anew when that changes."""
        row = {"_id": erasure_id, "person_id": person_id, "request_id": request_id, "answers": 0, "said": None}
        self._asked.insert_one({**row, "erased_at": None}, session=session)
        self._look(erasure_id, session)

    def withdrawn(self, erasure_id: str, session: ClientSession) -> None:
        """There is nothing to answer any more."""
        self._asked.delete_one({"_id": erasure_id}, session=session)

    def completed(
        self, erasure_id: str, person_id: str, request_id: str, erased_at: datetime, session: ClientSession
    ) -> None:
        """Erases what nothing holds, for an hour again and again; what was begun since the last answer goes when it
        ends."""
        row = {"person_id": person_id, "request_id": request_id, "answers": 0, "said": None}
        self._asked.update_one(
            {"_id": erasure_id},
            {"$set": {"erased_at": erased_at}, "$setOnInsert": row},
            upsert=True,
            session=session,
        )
        self._look(erasure_id, session)

    def look_again(self) -> None:
        """Every erasure that is not over, each in its own transaction. Safe to cut off and to repeat.

        Raises what the last failing one raised, after the others had their turn: one that cannot be answered keeps
        nobody else waiting.
        """
        failure: Exception | None = None
        for row in self._asked.find({}, {"_id": True}):
            try:
                self._mongo.transact(partial(self._look, row["_id"]))
            except Exception as error:  # noqa: BLE001 - raised below
                failure = error
        if failure is not None:
            raise failure

    def own(self, person_id: str) -> Sequence[OwnRecord]:
        """What is kept of one person."""
        return self._records.own(person_id)

    def _look(self, erasure_id: str, session: ClientSession) -> None:
        row = self._asked.find_one({"_id": erasure_id}, session=session)
        if row is None:
            return
        answer = self._records.answer(row["person_id"], session)
        if row["erased_at"] is None:
            self._say(row, answer, session)
            return
        self._records.erase(row["person_id"], row["erased_at"], session)
        if not answer.holds and utc_now() >= row["erased_at"] + LOOKED_AFTER:
            self._asked.delete_one({"_id": erasure_id}, session=session)

    def _say(self, row: Mapping[str, Any], answer: Answer, session: ClientSession) -> None:
        # In one order, whatever the order in which the database gave them: what is the same is not said again.
        holds = sorted((_told(hold) for hold in answer.holds), key=lambda told: (told["subject"], told["reason"]))
        said = {"holds": holds, "keeps": list(answer.keeps)}
        if said == row["said"]:
            return
        at, sequence = utc_now(), row["answers"] + 1
        self._asked.update_one({"_id": row["_id"]}, {"$set": {"answers": sequence, "said": said}}, session=session)
        self._outbox.add(
            session,
            NewEvent(
                id=event_id(),
                type=self._answered,
                aggregate_type="erasure",
                aggregate_id=row["_id"],
                sequence=sequence,
                occurred_at=at,
                data={"erasure_id": row["_id"], "answered_at": rfc3339(at), **said},
                request_id=row["request_id"],
            ),
        )


def _told(hold: Hold) -> dict[str, Any]:
    return {**asdict(hold), "since": rfc3339(hold.since), "until": hold.until and rfc3339(hold.until)}


class _Reading(Schema):
    class Meta:
        unknown = EXCLUDE

    erasure_id = fields.String(required=True)


class ErasureRequestedReading(_Reading):
    """What a service reads of erasure.requested.v1."""

    person_id = fields.String(required=True)


class ErasureWithdrawnReading(_Reading):
    """What a service reads of erasure.withdrawn.v1."""


class ErasureCompletedReading(_Reading):
    """What a service reads of erasure.completed.v1."""

    person_id = fields.String(required=True)
    erased_at = fields.AwareDateTime(required=True, format="iso")


class Answering(Protocol):
    """What a service's bootstrap returns, where the service has a word in erasures."""

    @property
    def erasures(self) -> Erasures:
        """The erasures in which it has a word."""


def _requested(service: Answering, event: ReceivedEvent, session: ClientSession) -> None:
    service.erasures.requested(**event.data, request_id=event.request_id, session=session)


def _withdrawn(service: Answering, event: ReceivedEvent, session: ClientSession) -> None:
    service.erasures.withdrawn(**event.data, session=session)


def _completed(service: Answering, event: ReceivedEvent, session: ClientSession) -> None:
    service.erasures.completed(**event.data, request_id=event.request_id, session=session)


def _look_again(service: Answering) -> None:
    service.erasures.look_again()


def erasure_consumers() -> list[Consumer]:
    """The rows of a service's CONSUMERS. An erasure ends once: what comes late is dropped."""
    return [
        Consumer("erasure.requested.v1", "identity", ErasureRequestedReading(), _requested, order=Order.LATEST),
        Consumer("erasure.withdrawn.v1", "identity", ErasureWithdrawnReading(), _withdrawn, order=Order.LATEST),
        Consumer("erasure.completed.v1", "identity", ErasureCompletedReading(), _completed, order=Order.LATEST),
    ]


JOB = Job("answer-erasures", LOOK_EVERY_SECONDS, _look_again)


class OwnRecordSchema(Schema):
    """One thing that is kept of the person."""

    kind = fields.String(required=True, metadata={"description": "What it is.", "example": "payment"})
    id = fields.String(required=True, metadata={"example": "pay_01a2076b44007ff7a6151691ea9526ea"})
    since = fields.AwareDateTime(required=True, format="iso")
    says = fields.Dict(keys=fields.String(), required=True, metadata={"description": "What it says."})


class OwnPartSchema(Schema):
    """All that one service keeps of the person who asks."""

    service = fields.String(required=True, metadata={"example": "billing"})
    items = fields.List(fields.Nested(OwnRecordSchema), required=True)


def own_part(service_name: str, kind: type[Answering]) -> Blueprint:
    """`GET /v1/privacy/export/<service>`: a service's part of what a person takes along. `kind` is what its bootstrap
    returns."""
    part = Blueprint(f"{service_name}-privacy", description="What is kept of the person who asks.")

    def export_part() -> dict[str, Any]:
        """Take this service's part with you

        All that it keeps by the person's id, for the person alone; GET /v1/privacy/export names every part.
        """
        person = caller().person
        kept = application(kind).erasures.own(person.id) if person else ()
        return {"service": service_name, "items": kept}

    # The operation's id, which no two of the platform share.
    export_part.__name__ = f"export_{service_name.replace('-', '_')}_part"
    guarded = part.requires("privacy:own", roles=PEOPLE)(part.response(200, OwnPartSchema)(export_part))
    part.route(f"/v1/privacy/export/{service_name}")(guarded)
    return part
