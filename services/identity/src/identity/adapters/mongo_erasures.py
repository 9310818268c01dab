"""Requests for erasure in the collection `erasures`, and the erasing itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import IndexModel, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from identity.adapters.mongo_assistances import ASSISTANCES, MongoAssistances
from identity.adapters.mongo_people import MOBILE_NUMBERS, MongoPeople
from identity.adapters.mongo_recoveries import FORGOTTEN, RECOVERIES, RUNS
from identity.adapters.mongo_sign_ins import DEVICES, SIGN_INS
from identity.adapters.mongo_tokens import CODES, GRANTS
from identity.adapters.mongo_vault import RECORDS, MongoVault
from identity.adapters.privacy_events import erasure_completed, erasure_requested, erasure_withdrawn
from identity.adapters.told_changes import ToldChanges
from identity.application.assistance.ports import Ending
from identity.domain.assistance.assistance import State as AssistanceState
from identity.domain.clients.client import ClientStatus
from identity.domain.privacy.erasures import HOLDS_OFFICE, Answer, Erasure, Hold, State
from identity.domain.recovery.recovery import State as RecoveryState
from identity.domain.vault.records import EraseReason
from identity.domain.vault.records import Erasure as NumberErasure
from servicekit.events import NewEvent, Outbox
from servicekit.ids import event_id
from servicekit.mongo import Mongo, duplicate_key
from servicekit.mongo.idempotency import Idempotency

Document = dict[str, Any]
ERASURES = "erasures"
# One run takes at most so many, so that it ends and the lease is renewed.
BATCH = 100
INDEXES = {
    ERASURES: [
        IndexModel("person_id", unique=True, partialFilterExpression={"closed_at": None}, name="one_open_for_a_person"),
        IndexModel([("person_id", 1), ("_id", -1)], name="erasures_of_a_person"),
        IndexModel([("state", 1), ("runs_after", 1)], name="erasures_by_time"),
    ],
    "clients": [IndexModel("person.id", sparse=True, name="clients_of_a_person")],
}


class MongoErasures:
    """The Erasures port on MongoDB. `personal`: collections that go with a person, each with the member of the id."""

    def __init__(
        self,
        mongo: Mongo,
        outbox: Outbox,
        vault: MongoVault,
        personal: Mapping[str, str],
        session: ClientSession | None = None,
    ) -> None:
        self._mongo, self._db, self._outbox, self._vault = mongo, mongo.db, outbox, vault
        self._erasures, self._personal, self._session = mongo.db[ERASURES], personal, session
        self._told, self._assistances = ToldChanges(mongo, outbox), MongoAssistances(mongo, Idempotency(mongo), outbox)

    def within(self, session: ClientSession) -> "MongoErasures":
        """The same where a service's answer is put inside the transaction that records its event as handled."""
        return MongoErasures(self._mongo, self._outbox, self._vault, self._personal, session)

    def open(self, erasure: Erasure, event_id: str, request_id: str) -> Erasure:
        """One transaction; the unique index refuses the second of two at once, who then reads the first."""

        def work(session: ClientSession) -> None:
            self._erasures.insert_one(_document(erasure), session=session)
            self._outbox.add(session, erasure_requested(erasure, event_id, request_id))

        earlier = self._open_of(erasure.person_id)
        if earlier is None:
            try:
                self._mongo.transact(work)
            except DuplicateKeyError as error:
                earlier = self._open_of(erasure.person_id) if duplicate_key(error) == ("person_id",) else None
                if earlier is None:
                    raise
        return earlier or erasure

    def get(self, erasure_id: str) -> Erasure | None:
        """One read by _id."""
        return _erasure(self._erasures.find_one({"_id": erasure_id}, session=self._session))

    def of_person(self, person_id: str) -> Sequence[Erasure]:
        """By the index; ids are in order of time."""
        return _all(self._erasures.find({"person_id": person_id}).sort("_id", -1))

    def answer(self, erasure_id: str, service: str, answer: Answer) -> Erasure | None:
        """One conditional write, which `begin` notices."""
        return _erasure(
            self._erasures.find_one_and_update(
                {"_id": erasure_id, "state": State.REQUESTED.value},
                {"$set": {f"answers.{service}": _answer_document(answer)}, "$inc": {"version": 1}},
                return_document=ReturnDocument.AFTER,
                session=self._session,
            )
        )

    def withdraw(self, erasure: Erasure, at: datetime, event_id: str, request_id: str) -> bool:
        """One transaction."""
        return self._end(erasure, State.WITHDRAWN, at, erasure_withdrawn(erasure, at, event_id, request_id))

    def waiting(self, at: datetime) -> Sequence[Erasure]:
        """By the index; those that were begun come first, for their persons are half gone."""
        begun = self._erasures.find({"state": State.ERASING.value}).sort("runs_after").limit(BATCH)
        due = {"state": State.REQUESTED.value, "runs_after": {"$lte": at}}
        return [*_all(begun), *_all(self._erasures.find(due).sort("runs_after"))]

    def begin(self, erasure: Erasure) -> bool:
        """One write, of what was read only."""
        return self._move(erasure.id, {"version": erasure.version}, State.ERASING, {})

    def own_holds(self, person_id: str) -> Sequence[Hold]:
        """Clients that are in force and act for the person, and the person's own rights until they end."""
        clients = self._db["clients"].find({"person.id": person_id, "status": ClientStatus.ACTIVE.value})
        person = MongoPeople(self._db).get(person_id)
        return [
            *(Hold(reason=HOLDS_OFFICE, subject=row["_id"], since=row["created_at"]) for row in clients),
            *(
                Hold(reason=HOLDS_OFFICE, subject=right.id, since=right.begins_at, until=right.ends_at)
                for right in (person.rights if person else ())
            ),
        ]

    def erase_person(self, erasure: Erasure, at: datetime) -> None:
        """In an order in which every step can be repeated: what finds others goes after them.

        The mark goes first: from then on no code and no refresh token of the person counts, and nobody gets a token to
        act for them. Tokens that they have already end at the gateway, as those of any sign-in that is ended do.
        """
        person_id = erasure.person_id
        self._db["people"].update_one(
            {"_id": person_id, "erased_at": {"$exists": False}},
            {"$set": {"name": None, "name_hi": None, "erased_at": at}},
        )
        self._db[CODES].delete_many({"person_id": person_id})
        for grant in self._db[GRANTS].find({"person_id": person_id, "revoked": False}, {"_id": True}):
            self._told.revoke_grant(grant["_id"], at)
        self._end_assistances(erasure, at)
        self._end_recoveries(person_id)
        self._forget_mobiles(person_id)
        self._erase_numbers(person_id, at)
        for collection, field in self._personal.items():
            self._db[collection].delete_many({field: person_id})

    def _end_assistances(self, erasure: Erasure, at: datetime) -> None:
        """Those in force end; all lose the number, by which the receipt would be found."""
        whose: Document = {"consent.person_id": erasure.person_id}
        in_force = {**whose, "state": AssistanceState.ACTIVE.value, "ends_at": {"$gt": at}}
        for row in self._db[ASSISTANCES].find(in_force, {"_id": True}):
            ending = Ending(event_id=event_id(), request_id=erasure.id, at=at)
            self._assistances.withdraw(row["_id"], ending)
        self._db[ASSISTANCES].update_many(whose, {"$set": {"mobile_index": "", "mobile_shown": ""}})

    def _end_recoveries(self, person_id: str) -> None:
        """One that ran on would give its new number to somebody who is no more, and to nobody else ever."""
        stopped = {"$set": {"state": RecoveryState.STOPPED.value, **FORGOTTEN}}
        self._db[RECOVERIES].update_many({"person_id": person_id, "state": RUNS}, stopped)
        numbers = dict.fromkeys(("old_index", "old_shown", "new_index", "new_shown"), "")
        self._db[RECOVERIES].update_many({"person_id": person_id}, {"$set": numbers})

    def _forget_mobiles(self, person_id: str) -> None:
        """Where they are by their index; the numbers themselves go with all that has the person's id."""
        indexes = [row["_id"] for row in self._db[MOBILE_NUMBERS].find({"person_id": person_id}, {"_id": True})]
        self._db[DEVICES].update_many({"numbers": {"$in": indexes}}, {"$pullAll": {"numbers": indexes}})
        self._db[SIGN_INS].delete_many({"mobile_index": {"$in": indexes}})

    def _erase_numbers(self, person_id: str, at: datetime) -> None:
        """A number that is somebody else's too stays the other's."""
        own = {"owners": person_id, "sealed": {"$exists": True}}
        self._db[RECORDS].update_many({**own, "owners.1": {"$exists": True}}, {"$pull": {"owners": person_id}})
        erasure = NumberErasure(reason=EraseReason.PERSON_ASKED, person_id=person_id, at=at)
        for row in self._db[RECORDS].find(own, {"_id": True}):
            self._vault.erase(row["_id"], erasure)

    def close(self, erasure: Erasure, at: datetime, event_id: str, request_id: str) -> bool:
        """One transaction."""
        return self._end(erasure, State.ERASED, at, erasure_completed(erasure, at, event_id, request_id))

    def _end(self, erasure: Erasure, state: State, at: datetime, told: NewEvent) -> bool:
        def work(session: ClientSession) -> bool:
            if not self._move(erasure.id, {}, state, {"closed_at": at}, session):
                return False
            self._outbox.add(session, told)
            return True

        return self._mongo.transact(work)

    def _open_of(self, person_id: str) -> Erasure | None:
        return _erasure(self._erasures.find_one({"person_id": person_id, "closed_at": None}))

    def _move(
        self, erasure_id: str, seen: Document, to: State, members: Document, session: ClientSession | None = None
    ) -> bool:
        """Each state has one before it."""
        before = State.ERASING if to is State.ERASED else State.REQUESTED
        moved = self._erasures.update_one(
            {"_id": erasure_id, "state": before.value, **seen},
            {"$set": {"state": to.value, **members}, "$inc": {"version": 1}},
            session=session,
        )
        return moved.modified_count == 1


def _document(erasure: Erasure) -> Document:
    answers = {service: _answer_document(answer) for service, answer in erasure.answers.items()}
    members = {**vars(erasure), "state": erasure.state.value, "answers": answers}
    return {"_id": members.pop("id"), **members}


def _answer_document(answer: Answer) -> Document:
    holds = [dict(vars(hold)) for hold in answer.holds]
    return {"answered_at": answer.answered_at, "holds": holds, "keeps": list(answer.keeps)}


def _all(rows: Any) -> list[Erasure]:
    return [erasure for row in rows if (erasure := _erasure(row))]


def _erasure(document: Document | None) -> Erasure | None:
    if document is None:
        return None
    answers = {
        service: Answer(
            answered_at=row["answered_at"],
            holds=tuple(Hold(**hold) for hold in row["holds"]),
            # Answers of the release before have none.
            keeps=tuple(row.get("keeps", ())),
        )
        for service, row in document["answers"].items()
    }
    members = {name: value for name, value in document.items() if name != "_id"}
    return Erasure(**{**members, "id": document["_id"], "state": State(document["state"]), "answers": answers})
