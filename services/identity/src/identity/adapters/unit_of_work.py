"""Owns the transactions of identity: whatever is more than one write is written here, whole or not at all."""

from collections.abc import Callable
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from identity.adapters.mongo_factors import FACTORS, members, use
from identity.adapters.mongo_people import MOBILE_NUMBERS, PEOPLE, person_document
from identity.adapters.mongo_sign_ins import DEVICES, ENDED, SIGN_INS
from identity.adapters.mongo_tokens import (
    CODES,
    GRANTS,
    REFRESH_TOKENS,
    code_document,
    grant_document,
    refresh_token_document,
)
from identity.application.sign_in.ports import Completion, UsedBefore
from identity.domain.factors.factors import MAX_PASSKEYS, Enrolled, Used
from identity.domain.people.person import Person
from identity.domain.sign_in.sign_in import SignIn, Stage
from identity.domain.tokens.grants import Grant, RefreshToken
from servicekit.faults import crash_point
from servicekit.mongo import Mongo

Document = dict[str, Any]
# A browser that more people use is a shared one, and is remembered for the latest of them.
MAX_NUMBERS_OF_A_DEVICE = 5


class MongoUnitOfWork:
    """The ports Exchanges, Completions, FactorChanges and MobileOwners on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._db = mongo.db

    def redeem(self, code_id: str, grant: Grant, refresh_token: RefreshToken) -> bool:
        """The code used, the grant and the refresh token made."""

        def work(session: ClientSession) -> None:
            self._db[GRANTS].insert_one(grant_document(grant), session=session)
            self._db[REFRESH_TOKENS].insert_one(refresh_token_document(refresh_token), session=session)

        return self._once(CODES, {"_id": code_id, "used": False}, {"$set": {"used": True}}, work)

    def rotate(self, used_id: str, successor: RefreshToken) -> bool:
        """The token used, its successor made."""

        def work(session: ClientSession) -> None:
            self._db[REFRESH_TOKENS].insert_one(refresh_token_document(successor), session=session)

        return self._once(REFRESH_TOKENS, {"_id": used_id, "used": False}, {"$set": {"used": True}}, work)

    def complete(self, completion: Completion) -> bool:
        """The sign-in done, the number somebody's, the authorization code in force, the browser known."""
        sign_in = completion.sign_in

        def work(session: ClientSession) -> None:
            # With a second factor it is known whose number it is.
            person_id = sign_in.person_id or self._owner(
                sign_in.mobile_index, sign_in.mobile_shown, completion.person, session
            )
            code = {**code_document(completion.code), "person_id": person_id}
            self._db[CODES].insert_one(code, session=session)
            self._know_device(completion, session)
            crash_point("P3")

        condition: Document = {"_id": sign_in.id, "stage": sign_in.stage.value}
        if sign_in.stage in (Stage.CODE_SENT, Stage.CHOOSING):
            condition["code_hmac"] = sign_in.code_hmac
        return self._once(SIGN_INS, condition, ENDED, work)

    def record(self, mobile_index: str, shown: str, person: Person) -> str:
        """The number somebody's, and who that is recorded."""
        return self._mongo.transact(lambda session: self._owner(mobile_index, shown, person, session))

    def prove(self, sign_in: SignIn, used: Used) -> bool:
        """The factor used, the sign-in one step further."""

        def work(session: ClientSession) -> None:
            condition, change = use(used)
            if self._db[FACTORS].update_one(condition, change, session=session).matched_count == 0:
                raise UsedBefore
            crash_point("P1")

        return self._once(SIGN_INS, _at(sign_in.id, Stage.NUMBER_PROVED), _proved(sign_in), work)

    def enrol(self, sign_in: SignIn, enrolled: Enrolled) -> bool:
        """The person's document made or changed, the sign-in one step further."""
        first = sign_in.stage is Stage.NUMBER_PROVED

        def work(session: ClientSession) -> None:
            change = members(enrolled)
            condition: Document = {"_id": enrolled.person_id}
            if first:
                codes = {"recovery_codes": sorted(enrolled.recovery_codes)}
                # The insert of an upsert, and nothing else: who has factors already is not given their first.
                condition["recovery_codes"] = {"$exists": False}
                change["$set"] = change.get("$set", {}) | codes
            elif enrolled.passkey is not None:
                change["$push"]["passkeys"] = {"$each": [change["$push"]["passkeys"]], "$slice": -MAX_PASSKEYS}
            self._db[FACTORS].update_one(condition, change, upsert=first, session=session)
            crash_point("P1")

        try:
            return self._once(SIGN_INS, _at(sign_in.id, sign_in.stage), _proved(sign_in), work)
        except DuplicateKeyError:
            return False

    def renew_recovery_codes(self, sign_in: SignIn, codes: frozenset[str]) -> bool:
        """The sign-in looked at under the transaction's lock, the codes put there."""

        def work(session: ClientSession) -> None:
            change = {"$set": {"recovery_codes": sorted(codes)}}
            self._db[FACTORS].update_one({"_id": sign_in.person_id}, change, session=session)

        stage = {"$set": {"stage": Stage.FACTOR_PROVED.value}}
        return self._once(SIGN_INS, _at(sign_in.id, Stage.FACTOR_PROVED), stage, work)

    def _owner(self, mobile_index: str | None, shown: str | None, person: Person, session: ClientSession) -> str:
        """Whose number it is; the new person's, recorded now, when it was nobody's."""
        owner: Document = self._db[MOBILE_NUMBERS].find_one_and_update(
            {"_id": mobile_index},
            {"$setOnInsert": {"person_id": person.id, "shown": shown, "created_at": person.created_at}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )  # type: ignore[assignment]  # never None: it upserts and returns what it wrote
        if owner["person_id"] == person.id:
            self._db[PEOPLE].update_one(
                {"_id": person.id}, {"$setOnInsert": person_document(person)}, upsert=True, session=session
            )
        return str(owner["person_id"])

    def _know_device(self, completion: Completion, session: ClientSession) -> None:
        """Under a new cookie: whoever planted the old one in this browser has nothing of it."""
        sign_in = completion.sign_in
        old = self._db[DEVICES].find_one_and_delete({"_id": sign_in.device_id}, session=session) or {"numbers": []}
        others = [number for number in old["numbers"] if number != sign_in.mobile_index]
        self._db[DEVICES].insert_one(
            {
                "_id": completion.device_id,
                "numbers": [*others, sign_in.mobile_index][-MAX_NUMBERS_OF_A_DEVICE:],
                "known_until": completion.device_known_until,
            },
            session=session,
        )

    def _once(
        self, collection: str, condition: Document, change: Document, work: Callable[[ClientSession], None]
    ) -> bool:
        """`work` in the transaction that makes the change, or nothing where the condition holds no more."""

        def transaction(session: ClientSession) -> bool:
            if self._db[collection].update_one(condition, change, session=session).matched_count == 0:
                return False
            work(session)
            return True

        return self._mongo.transact(transaction)


def _at(sign_in_id: str, stage: Stage) -> Document:
    return {"_id": sign_in_id, "stage": stage.value}


def _proved(sign_in: SignIn) -> Document:
    return {"$set": {"stage": Stage.FACTOR_PROVED.value, "amr": list(sign_in.amr or ())}}
