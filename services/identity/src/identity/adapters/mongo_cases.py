"""Cases, in the collection `cases`, one about each assistance at most."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pymongo import IndexModel
from pymongo.client_session import ClientSession

from identity.adapters.mongo_notices import NoticesWithin
from identity.domain.assistance.cases import Answer, Case, CaseState, Reason
from identity.domain.assistance.notices import Notice
from identity.domain.vault.records import Actor
from servicekit.mongo import Mongo

Document = dict[str, Any]
CASES = "cases"
INDEXES = {
    CASES: [
        IndexModel("assistance_id", name="one_case_about_each", unique=True),
        IndexModel([("state", 1), ("_id", 1)], name="by_state"),
    ],
}


class MongoCases:
    """The Cases port on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._cases = mongo.db[CASES]

    def get(self, case_id: str) -> Case | None:
        """One read by _id."""
        return _case(self._cases.find_one({"_id": case_id}))

    def about(self, assistance_id: str) -> Case | None:
        """One indexed read."""
        return _case(self._cases.find_one({"assistance_id": assistance_id}))

    def page(self, state: CaseState | None, after: str, limit: int) -> Sequence[Case]:
        """A range of an index."""
        selection: Document = {"_id": {"$gt": after}} | ({"state": state.value} if state else {})
        return [
            case for document in self._cases.find(selection).sort("_id", 1).limit(limit) if (case := _case(document))
        ]

    def answer(self, case: Case, answer: Answer, notice: Notice) -> bool:
        """The answer and the notice."""

        def transaction(session: ClientSession) -> bool:
            changed = self._cases.update_one(
                {"_id": case.id, "answer": None},
                {"$set": {"state": CaseState.ANSWERED.value, "answer": asdict(answer)}},
                session=session,
            )
            if changed.matched_count == 0:
                return False
            NoticesWithin(self._mongo, session).add([notice])
            return True

        return self._mongo.transact(transaction)


def case_document(case: Case) -> Document:
    """A case as it is stored."""
    members = {**asdict(case), "reason": case.reason.value, "state": case.state.value}
    return {"_id": members.pop("id"), **members}


def _case(document: Document | None) -> Case | None:
    if document is None:
        return None
    answer = document["answer"]
    return Case(
        id=document["_id"],
        assistance_id=document["assistance_id"],
        actor=Actor(**document["actor"]),
        reason=Reason(document["reason"]),
        opened_at=document["opened_at"],
        answer=answer and Answer(**{**answer, "by": Actor(**answer["by"])}),
    )
