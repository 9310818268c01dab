"""People in the collection `people`: the only place where a name is kept."""

from collections.abc import Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database

from identity.domain.people.person import Person

Document = dict[str, Any]


class MongoPeople:
    """The People port on MongoDB."""

    def __init__(self, db: Database[Document]) -> None:
        self._people: Collection[Document] = db["people"]

    def put(self, people: Sequence[Person]) -> None:
        """Upsert everything but `created_at`, in one call."""
        self._people.bulk_write([_upsert(person) for person in people])

    def known(self, person_id: str) -> bool:
        """One read by _id."""
        return self._people.find_one({"_id": person_id}, {"_id": True}) is not None

    def get(self, person_id: str) -> Person | None:
        """One read by _id."""
        document = self._people.find_one({"_id": person_id})
        if document is None:
            return None
        return Person(
            id=document["_id"],
            role=document["role"],
            name=document["name"],
            name_hi=document["name_hi"],
            created_at=document["created_at"],
            erased_at=document.get("erased_at"),
        )


def _upsert(person: Person) -> UpdateOne:
    return UpdateOne(
        {"_id": person.id},
        {
            "$set": {"role": person.role, "name": person.name, "name_hi": person.name_hi},
            "$setOnInsert": {"created_at": person.created_at},
        },
        upsert=True,
    )
