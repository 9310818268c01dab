"""Assistances; each change is conditional, and what belongs together is one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import IndexModel, ReturnDocument
from pymongo.client_session import ClientSession

from identity.adapters.mongo_cases import CASES, case_document
from identity.adapters.mongo_notices import NoticesWithin
from identity.application.assistance.ports import Ending
from identity.domain.assistance.acts import Act, Doing
from identity.domain.assistance.assistance import UNANSWERED_KEPT, Assistance, Consent, State
from identity.domain.assistance.cases import Case
from identity.domain.assistance.notices import Notice
from identity.domain.vault.records import Actor
from servicekit.events.envelope import NewEvent
from servicekit.events.outbox import Outbox
from servicekit.idempotency import Claim, Once
from servicekit.instants import rfc3339
from servicekit.mongo import Mongo
from servicekit.mongo.idempotency import Idempotency

Document = dict[str, Any]
ASSISTANCES = "assistances"
DISPUTED, WITHDRAWN = "assistance.disputed.v1", "assistance.withdrawn.v1"
INDEXES = {
    ASSISTANCES: [
        # Only those that nobody agreed to have the member.
        IndexModel("forget_at", expireAfterSeconds=0, name="forget_unanswered"),
        IndexModel("not_me_id", name="by_notice", unique=True),
        IndexModel(
            "consent.person_id",
            name="assistances_of_a_person",
            partialFilterExpression={"consent.person_id": {"$exists": True}},
        ),
    ],
}


class MongoAssistances:
    """The Assistances port on MongoDB."""

    def __init__(self, mongo: Mongo, idempotency: Idempotency, outbox: Outbox) -> None:
        self._mongo = mongo
        self._db = mongo.db
        self._assistances = mongo.db[ASSISTANCES]
        self._idempotency = idempotency
        self._outbox = outbox

    def find(self, claim: Claim) -> Once[str] | None:
        """One read by the key."""
        return self._idempotency.find(claim)

    def add(self, claim: Claim, assistance: Assistance) -> Once[str]:
        """Insert with the claim."""
        document = _assistance_document(assistance)

        def insert(session: ClientSession) -> None:
            self._assistances.insert_one(document, session=session)

        return self._idempotency.once(claim, assistance.id, insert)

    def get(self, assistance_id: str) -> Assistance | None:
        """One read by _id."""
        return _assistance(self._assistances.find_one({"_id": assistance_id}))

    def of_notice(self, not_me_id: str) -> Assistance | None:
        """One indexed read."""
        return _assistance(self._assistances.find_one({"not_me_id": not_me_id}))

    def in_force(self, assistance_id: str, at: datetime) -> bool:
        """One read by _id."""
        assistance = self.get(assistance_id)
        return assistance is not None and assistance.is_in_force(at)

    def put_code(self, assistance_id: str, code_hmac: str, expires_at: datetime) -> bool:
        """Update under a condition."""
        changed = self._assistances.update_one(
            {"_id": assistance_id, "state": State.ASKED.value, "code_sent": False},
            {"$set": {"code_hmac": code_hmac, "code_expires_at": expires_at}},
        )
        return changed.matched_count == 1

    def mark_sent(self, assistance_id: str, code_hmac: str) -> None:
        """Update under a condition."""
        self._assistances.update_one({"_id": assistance_id, "code_hmac": code_hmac}, {"$set": {"code_sent": True}})

    def count_try(self, assistance_id: str, most: int) -> Assistance | None:
        """Increment under a condition."""
        return _assistance(
            self._assistances.find_one_and_update(
                {"_id": assistance_id, "state": State.ASKED.value, "tries": {"$lt": most}},
                {"$inc": {"tries": 1}},
                return_document=ReturnDocument.AFTER,
            )
        )

    def agree(self, tried: Assistance, consent: Consent, ends_at: datetime, notice: Notice) -> bool:
        """The state, the receipt and the notice."""
        condition = {"_id": tried.id, "state": State.ASKED.value, "code_hmac": tried.code_hmac}
        change = {
            "$set": {"state": State.ACTIVE.value, "consent": asdict(consent), "ends_at": ends_at},
            "$unset": {"forget_at": ""},
        }

        def work(session: ClientSession, _: Document) -> None:
            NoticesWithin(self._mongo, session).add([notice])

        return self._change(condition, change, work)

    def count_token(self, assistance_id: str, most: int, at: datetime) -> bool:
        """Increment under a condition."""
        condition = {
            "_id": assistance_id,
            "state": State.ACTIVE.value,
            "ends_at": {"$gt": at},
            "tokens": {"$lt": most},
        }
        return self._assistances.update_one(condition, {"$inc": {"tokens": 1}}).matched_count == 1

    def withdraw(self, assistance_id: str, ending: Ending) -> bool:
        """The state and the event."""
        condition = {"_id": assistance_id, "state": {"$in": [State.ASKED.value, State.ACTIVE.value]}}
        change = {"$set": {"state": State.WITHDRAWN.value}, "$inc": {"events": 1}}

        def work(session: ClientSession, ended: Document) -> None:
            self._outbox.add(session, _event(WITHDRAWN, ended, ending, {"withdrawn_at": ending.at}))

        return self._change(condition, change, work)

    def dispute(self, case: Case, ending: Ending) -> bool:
        """The state, the case and the event."""
        agreed = [State.ACTIVE.value, State.WITHDRAWN.value]
        condition = {"_id": case.assistance_id, "state": {"$in": agreed}, "consent": {"$ne": None}}
        change = {"$set": {"state": State.DISPUTED.value}, "$inc": {"events": 1}}

        def work(session: ClientSession, ended: Document) -> None:
            self._db[CASES].insert_one(case_document(case), session=session)
            data = {"case_id": case.id, "reason": case.reason.value.lower().replace("_", "-"), "disputed_at": ending.at}
            self._outbox.add(session, _event(DISPUTED, ended, ending, data))

        return self._change(condition, change, work)

    def _change(self, condition: Document, change: Document, work: Callable[[ClientSession, Document], None]) -> bool:
        """`work` in the transaction that makes the change, or nothing where the condition holds no more."""

        def transaction(session: ClientSession) -> bool:
            changed = self._assistances.find_one_and_update(
                condition, change, return_document=ReturnDocument.AFTER, session=session
            )
            if changed is None:
                return False
            work(session, changed)
            return True

        return self._mongo.transact(transaction)


def _event(name: str, ended: Document, ending: Ending, more: Mapping[str, Any]) -> NewEvent:
    actor = ended["actor"]
    facts = {"assistance_id": ended["_id"], "client_id": actor["client_id"], "kiosk_id": actor["kiosk_id"], **more}
    return NewEvent(
        id=ending.event_id,
        type=name,
        aggregate_type="assistance",
        aggregate_id=ended["_id"],
        sequence=ended["events"],
        occurred_at=ending.at,
        data={key: rfc3339(value) if isinstance(value, datetime) else value for key, value in facts.items()},
        request_id=ending.request_id,
    )


def _assistance_document(assistance: Assistance) -> Document:
    members = asdict(assistance)
    members["act"]["scopes"] = sorted(assistance.act.scopes)
    amount = assistance.amount_paise
    return {
        "_id": members.pop("id"),
        **members,
        "state": assistance.state.value,
        "amount_paise": None if amount is None else Int64(amount),
        "forget_at": assistance.asked_at + UNANSWERED_KEPT,
    }


def _assistance(document: Document | None) -> Assistance | None:
    if document is None:
        return None
    members = {name: value for name, value in document.items() if name not in ("_id", "forget_at")}
    amount = members["amount_paise"]
    members |= {
        "actor": Actor(**members["actor"]),
        "act": _act(members["act"]),
        "consent": members["consent"] and Consent(**members["consent"]),
        "state": State(members["state"]),
        "amount_paise": None if amount is None else int(amount),
    }
    return Assistance(id=document["_id"], **members)


def _act(members: Document) -> Act:
    # An assistance of before acts were bounded has none; its token lets nothing be done that asks for a bound.
    doings = tuple(Doing(**doing) for doing in members.get("doings", ()))
    return Act(**{**members, "scopes": frozenset(members["scopes"]), "doings": doings})
