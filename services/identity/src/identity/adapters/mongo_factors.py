"""Second factors in the collection `factors`, one document a person, so that each change is one write."""

from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.database import Database

from identity.domain.factors.factors import (
    MAX_TOTP_TRIES,
    TOTP_TRIES_COUNTED,
    Enrolled,
    Factors,
    Passkey,
    Totp,
    Used,
)

Document = dict[str, Any]
FACTORS = "factors"


class MongoFactorStore:
    """The FactorStore port on MongoDB."""

    def __init__(self, db: Database[Document]) -> None:
        self._factors = db[FACTORS]

    def of(self, person_id: str) -> Factors | None:
        """One read by _id."""
        document = self._factors.find_one({"_id": person_id})
        if document is None:
            return None
        totp = document.get("totp")
        return Factors(
            person_id=person_id,
            totp=totp and Totp(sealed=totp["sealed"], last_step=totp["last_step"]),
            passkeys=tuple(Passkey(**passkey) for passkey in document.get("passkeys", ())),
            recovery_codes=frozenset(document.get("recovery_codes", ())),
        )

    def count_totp_try(self, person_id: str, at: datetime) -> datetime | None:
        """One conditional update; a window that has ended begins anew."""
        is_open = {"$gt": [{"$ifNull": ["$totp_tries_end_at", at]}, at]}
        document = self._factors.find_one_and_update(
            {"_id": person_id},
            [
                {
                    "$set": {
                        "totp_tries": {"$cond": [is_open, {"$add": ["$totp_tries", 1]}, 1]},
                        "totp_tries_end_at": {"$cond": [is_open, "$totp_tries_end_at", at + TOTP_TRIES_COUNTED]},
                    }
                }
            ],
            return_document=ReturnDocument.AFTER,
        )
        if document is None or document["totp_tries"] <= MAX_TOTP_TRIES:
            return None
        end: datetime = document["totp_tries_end_at"]
        return end


def use(used: Used) -> tuple[Document, Document]:
    """The condition under which a factor counts, and the change that makes it count once."""
    condition: Document = {"_id": used.person_id}
    if used.step is not None:
        condition["totp.last_step"] = {"$lt": used.step}
        return condition, {
            "$set": {"totp.last_step": used.step, "totp.used_at": used.at},
            "$unset": {"totp_tries": "", "totp_tries_end_at": ""},
        }
    if used.passkey is not None:
        # Authenticators that do not count give 0 each time; those that count never give the same one twice.
        count = used.passkey.sign_count
        condition["passkeys"] = {"$elemMatch": {"id": used.passkey.id, "sign_count": {"$lt": count} if count else 0}}
        return condition, {"$set": {"passkeys.$.sign_count": count}}
    condition["recovery_codes"] = used.recovery_code
    return condition, {"$pull": {"recovery_codes": used.recovery_code}}


def members(enrolled: Enrolled) -> Document:
    """What a factor adds to a person's document, as the `$set` and `$push` of an update."""
    if enrolled.totp is not None:
        return {"$set": {"totp": {"sealed": enrolled.totp.sealed, "last_step": enrolled.totp.last_step}}}
    assert enrolled.passkey is not None
    return {"$push": {"passkeys": dict(vars(enrolled.passkey))}}
