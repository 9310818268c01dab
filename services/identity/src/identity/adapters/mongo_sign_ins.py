"""Sign-ins on their way, codes sent, numbers and browsers, each by a hash or an HMAC."""

from datetime import datetime
from typing import Any

from pymongo import IndexModel, ReturnDocument
from pymongo.database import Database

from identity.adapters.mongo_people import MOBILE_NUMBERS
from identity.adapters.mongo_tokens import request_document
from identity.adapters.mongo_windows import count_one, unhurried
from identity.application.sign_in.ports import SentWindow
from identity.domain.sign_in.sign_in import SignIn, Stage
from identity.domain.tokens.grants import AuthorizationRequest

Document = dict[str, Any]
SIGN_INS, DEVICES = "sign_ins", "devices"
# The request and the number have done their part; until it expires only that it is done has to be known.
ENDED: Document = {
    "$set": {"stage": Stage.DONE.value},
    "$unset": {"code_hmac": "", "mobile_index": "", "mobile_shown": "", "challenge": "", "totp_sealed": ""},
}
INDEXES = {
    SIGN_INS: [
        IndexModel("expires_at", expireAfterSeconds=0, name="forget_sign_ins"),
        IndexModel("mobile_index", sparse=True, name="sign_ins_of_a_number"),
    ],
    DEVICES: [
        IndexModel("known_until", expireAfterSeconds=0, name="forget_devices"),
        IndexModel("numbers", name="devices_of_a_number"),
    ],
}


class MongoSignIns:
    """The SignIns port on MongoDB; each change is one conditional write."""

    def __init__(self, db: Database[Document]) -> None:
        self._sign_ins = db[SIGN_INS]

    def add(self, sign_in: SignIn) -> None:
        """Insert."""
        self._sign_ins.insert_one(
            {"_id": sign_in.id, **_members(sign_in), "request": request_document(sign_in.request)}
        )

    def get(self, sign_in_id: str) -> SignIn | None:
        """One read by _id."""
        return _sign_in(self._sign_ins.find_one({"_id": sign_in_id}))

    def send(self, sign_in: SignIn) -> bool:
        """Update unless it is past that."""
        condition = {"_id": sign_in.id, "stage": {"$in": [Stage.BEGUN.value, Stage.CODE_SENT.value]}}
        return self._sign_ins.update_one(condition, {"$set": _members(sign_in)}).matched_count == 1

    def code_was_right(self, sign_in: SignIn) -> bool:
        """Update under the condition that the code is still the one that was tried."""
        changed = self._sign_ins.update_one(
            {"_id": sign_in.id, "stage": Stage.CODE_SENT.value, "code_hmac": sign_in.code_hmac},
            {"$set": {"stage": Stage.CHOOSING.value}},
        )
        return changed.matched_count == 1

    def count_try(self, sign_in_id: str, most: int) -> SignIn | None:
        """Increment under a condition."""
        return _sign_in(
            self._sign_ins.find_one_and_update(
                {"_id": sign_in_id, "stage": Stage.CODE_SENT.value, "tries": {"$lt": most}},
                {"$inc": {"tries": 1}},
                return_document=ReturnDocument.AFTER,
            )
        )

    def prove_number(self, sign_in: SignIn) -> bool:
        """Update under a condition."""
        before = [Stage.CODE_SENT.value, Stage.CHOOSING.value]
        condition = {"_id": sign_in.id, "stage": {"$in": before}, "code_hmac": sign_in.code_hmac}
        proved = {name: value for name, value in _members(sign_in).items() if name != "code_hmac"}
        changed = self._sign_ins.update_one(condition, {"$set": proved, "$unset": {"code_hmac": ""}})
        return changed.matched_count == 1

    def count_factor_try(self, sign_in_id: str, most: int) -> SignIn | None:
        """Increment under a condition."""
        return _sign_in(
            self._sign_ins.find_one_and_update(
                {"_id": sign_in_id, "factor_tries": {"$lt": most}},
                {"$inc": {"factor_tries": 1}},
                return_document=ReturnDocument.AFTER,
            )
        )


class MongoSentCodes:
    """The SentCodes port on MongoDB: one atomic upsert for each code."""

    def __init__(self, db: Database[Document]) -> None:
        self._windows = db.get_collection("sent_codes", write_concern=unhurried())

    def record(self, key: str, at: datetime, window_seconds: int) -> SentWindow:
        """Count one."""
        window = count_one(self._windows, key, "codes", at, window_seconds)
        return SentWindow(codes=window["codes"], ends_at=window["ends_at"])


class MongoNumbers:
    """The Numbers port on MongoDB."""

    def __init__(self, db: Database[Document]) -> None:
        self._numbers = db[MOBILE_NUMBERS]

    def owner(self, mobile_index: str) -> str | None:
        """One read by _id."""
        document = self._numbers.find_one({"_id": mobile_index}, {"person_id": True})
        return str(document["person_id"]) if document else None

    def give(self, mobile_index: str, shown: str, person_id: str, at: datetime) -> bool:
        """Insert, then take the others away: whoever dies between leaves two ways in, both the person's own."""
        given: Document = self._numbers.find_one_and_update(
            {"_id": mobile_index},
            {"$setOnInsert": {"person_id": person_id, "shown": shown, "created_at": at}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )  # type: ignore[assignment]  # never None: it upserts and returns what it wrote
        if given["person_id"] != person_id:
            return False
        self._numbers.delete_many({"person_id": person_id, "_id": {"$ne": mobile_index}})
        return True


class MongoDevices:
    """The Devices port on MongoDB."""

    def __init__(self, db: Database[Document]) -> None:
        self._devices = db[DEVICES]

    def knows(self, device_id: str, mobile_index: str, at: datetime) -> bool:
        """One read by _id."""
        condition = {"_id": device_id, "numbers": mobile_index, "known_until": {"$gt": at}}
        return self._devices.find_one(condition, {"_id": True}) is not None


# Only where they are: the release before this one cannot read a sign-in that has them.
_OF_SECOND_FACTOR = ("person_id", "right_id", "challenge", "totp_sealed", "factor_tries", "amr")


def _members(sign_in: SignIn) -> Document:
    members = {
        name: value
        for name, value in vars(sign_in).items()
        if name not in ("id", "request") and not (value is None and name in _OF_SECOND_FACTOR)
    }
    return {**members, "stage": sign_in.stage.value}


def _sign_in(document: Document | None) -> SignIn | None:
    if document is None:
        return None
    return SignIn(
        **{
            **{name: value for name, value in document.items() if name != "_id"},
            "id": document["_id"],
            "stage": Stage(document["stage"]),
            "request": AuthorizationRequest(**document["request"]),
            "amr": tuple(document["amr"]) if "amr" in document else None,
        }
    )
