"""People in the collection `people`, the only place where a name is kept; and whose a mobile number is."""

from collections.abc import Sequence
from typing import Any

from pymongo import IndexModel, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database

from identity.domain.people.person import Person
from identity.domain.people.rights import Change, Right, RightChange, Role

Document = dict[str, Any]
PEOPLE, MOBILE_NUMBERS = "people", "mobile_numbers"
INDEXES = {
    PEOPLE: [
        IndexModel(
            "rights.kiosk_id",
            name="people_of_a_kiosk",
            partialFilterExpression={"rights.kiosk_id": {"$exists": True}},
        )
    ],
    MOBILE_NUMBERS: [IndexModel("person_id", name="numbers_of_a_person")],
}


class MongoPeople:
    """The People port on MongoDB; with a `session`, inside its transaction."""

    def __init__(self, db: Database[Document], session: ClientSession | None = None) -> None:
        self._session = session
        self._people: Collection[Document] = db[PEOPLE]
        self._numbers: Collection[Document] = db[MOBILE_NUMBERS]

    def put(self, people: Sequence[Person]) -> None:
        """Upsert everything but `created_at` and rights, in one call."""
        self._people.bulk_write([_upsert(person) for person in people], session=self._session)

    def known(self, person_id: str) -> bool:
        """One read by _id."""
        return self._people.find_one({"_id": person_id}, {"_id": True}, session=self._session) is not None

    def get(self, person_id: str) -> Person | None:
        """One read by _id."""
        document = self._people.find_one({"_id": person_id}, session=self._session)
        return _person(document) if document else None

    def of_mobile(self, mobile_index: str) -> Person | None:
        """Two reads by _id."""
        number = self._numbers.find_one({"_id": mobile_index}, {"person_id": True}, session=self._session)
        return self.get(number["person_id"]) if number else None

    def of_kiosk(self, kiosk_id: str) -> Sequence[Person]:
        """One indexed read."""
        documents = self._people.find({"rights.kiosk_id": kiosk_id}, session=self._session).sort("_id")
        return [_person(document) for document in documents]


def _upsert(person: Person) -> UpdateOne:
    return UpdateOne(
        {"_id": person.id},
        {
            "$set": {"role": person.role, "name": person.name, "name_hi": person.name_hi},
            "$setOnInsert": {"created_at": person.created_at},
        },
        upsert=True,
    )


def person_document(person: Person) -> Document:
    """Somebody new as stored: rights come later."""
    return {
        "_id": person.id,
        "role": person.role,
        "name": person.name,
        "name_hi": person.name_hi,
        "created_at": person.created_at,
    }


def _person(document: Document) -> Person:
    return Person(
        id=document["_id"],
        role=document["role"],
        name=document["name"],
        name_hi=document["name_hi"],
        rights=tuple(_right(right) for right in document.get("rights", ())),
        version=document.get("version", 0),
        created_at=document["created_at"],
        erased_at=document.get("erased_at"),
    )


def right_document(right: Right) -> Document:
    """A right as stored: what is set, by its own name."""
    members = {name: value for name, value in vars(right).items() if value is not None}
    return {
        **members,
        "role": right.role.value,
        "districts": sorted(right.districts),
        "changes": [{**vars(line), "change": line.change.value} for line in right.changes],
    }


def _right(document: Document) -> Right:
    return Right(
        **{
            **document,
            "role": Role(document["role"]),
            "districts": frozenset(document["districts"]),
            "changes": tuple(RightChange(**{**line, "change": Change(line["change"])}) for line in document["changes"]),
        }
    )
