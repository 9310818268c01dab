"""What is kept of one person, gathered from where it is."""

from collections.abc import Sequence
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from identity.adapters.mongo_people import MOBILE_NUMBERS
from identity.adapters.mongo_tokens import GRANTS
from identity.adapters.mongo_vault import READINGS, RECORDS, vault_record
from identity.application.privacy.ports import OwnMobile, OwnReading, SignInShown
from identity.domain.privacy.notices import Words
from identity.domain.vault.records import VaultRecord

Document = dict[str, Any]
# The database has no name for a client that was taken away by hand.
UNKNOWN = Words(en="Software that is not registered any more", hi="सॉफ़्टवेयर, जो अब पंजीकृत नहीं है")


class MongoOwnData:
    """The OwnData port on MongoDB."""

    def __init__(self, db: Database[Document]) -> None:
        self._db = db

    def readings(self, person_id: str, before: str | None, limit: int) -> Sequence[OwnReading]:
        """The person's references, then their readings by _id, which is in order of time."""
        records = {row["_id"]: row for row in self._db[RECORDS].find({"owners": person_id})}
        query: Document = {"reference": {"$in": list(records)}}
        if before is not None:
            query["_id"] = {"$lt": before}
        rows = list(self._db[READINGS].find(query).sort("_id", DESCENDING).limit(limit))
        readers = self._readers({row["actor"]["client_id"] for row in rows})
        return [
            OwnReading(
                reading_id=row["_id"],
                kind=records[row["reference"]]["kind"],
                masked=records[row["reference"]]["masked"],
                purpose=row["purpose"],
                reader=_at_centre(readers.get(row["actor"]["client_id"], UNKNOWN), row["actor"]["kiosk_id"]),
                at=row["at"],
            )
            for row in rows
        ]

    def numbers(self, person_id: str) -> Sequence[VaultRecord]:
        """By the index on owners."""
        return [vault_record(row) for row in self._db[RECORDS].find({"owners": person_id}).sort("stored_at")]

    def mobiles(self, person_id: str) -> Sequence[OwnMobile]:
        """By the index on persons."""
        rows = self._db[MOBILE_NUMBERS].find({"person_id": person_id}).sort("created_at")
        return [OwnMobile(shown=row["shown"], since=row["created_at"]) for row in rows]

    def sign_ins(self, person_id: str) -> Sequence[SignInShown]:
        """By the index on persons; the app by its name."""
        rows = list(self._db[GRANTS].find({"person_id": person_id}).sort("auth_time", DESCENDING))
        readers = self._readers({row["client_id"] for row in rows})
        return [
            SignInShown(
                app=readers.get(row["client_id"], UNKNOWN).en,
                at=row["auth_time"],
                ends_at=row["expires_at"],
                ended=row["revoked"],
            )
            for row in rows
        ]

    def _readers(self, client_ids: set[str]) -> dict[str, Words]:
        """In plain words: an officer by the post, other software by what it is called. Never by a person's name."""
        return {
            row["_id"]: _post(row["person"], row["name"]) if row["person"] else Words(en=row["name"], hi=row["name"])
            for row in self._db["clients"].find({"_id": {"$in": list(client_ids)}}, {"name": 1, "person": 1})
        }


def _post(person: Document, name: str) -> Words:
    designation, hindi = person["designation"], person.get("designation_hi") or person["designation"]
    department = person["department"]
    return Words(en=f"{designation}, department {department} ({name})", hi=f"{hindi}, विभाग {department} ({name})")


def _at_centre(reader: Words, kiosk_id: str | None) -> Words:
    if kiosk_id is None:
        return reader
    return Words(en=f"{reader.en}, at the centre {kiosk_id}", hi=f"{reader.hi}, केंद्र {kiosk_id} पर")
