"""The end of a recovery, in one transaction with the events of the sign-ins that it ends."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from identity.adapters.events import asked_here
from identity.adapters.mongo_factors import FACTORS, use
from identity.adapters.mongo_people import MOBILE_NUMBERS, PEOPLE
from identity.adapters.mongo_recoveries import FORGOTTEN, RECOVERIES
from identity.adapters.mongo_sign_ins import ENDED, SIGN_INS
from identity.adapters.mongo_tokens import GRANTS
from identity.adapters.told_changes import ToldChanges
from identity.domain.factors.factors import Used
from identity.domain.recovery.recovery import By, Recovery, State
from identity.domain.sign_in.sign_in import Stage
from servicekit.faults import crash_point
from servicekit.mongo import Mongo


class _ChangedMeanwhile(Exception):
    """One of several writes found its document otherwise: nothing is written."""


class MongoRecoveryChanges:
    """The port RecoveryChanges on MongoDB."""

    def __init__(self, mongo: Mongo, told: ToldChanges) -> None:
        self._mongo = mongo
        self._told = told

    def recover(self, recovery: Recovery, at: datetime) -> bool:
        """The recovery done, the number the person's alone, their sign-ins ended, their factors gone."""
        db = self._mongo.db

        def transaction(session: ClientSession) -> bool:
            done = {"$set": {"state": State.DONE.value, **FORGOTTEN}}
            approved = {"_id": recovery.id, "state": State.APPROVED.value}
            erased = {"_id": recovery.person_id, "erased_at": {"$exists": True}}
            if db[PEOPLE].find_one(erased, {"_id": True}, session=session):
                # Opened while the person was being erased. The number is free for who has it.
                stopped = {"$set": {"state": State.STOPPED.value, **FORGOTTEN}}
                db[RECOVERIES].update_one(approved, stopped, session=session)
                return False
            if db[RECOVERIES].update_one(approved, done, session=session).matched_count == 0:
                return False
            whose: dict[str, Any] = {"person_id": recovery.person_id}
            db[MOBILE_NUMBERS].delete_many(whose, session=session)
            db[MOBILE_NUMBERS].insert_one(
                {"_id": recovery.new_index, **whose, "shown": recovery.new_shown, "created_at": at}, session=session
            )
            told = self._told.within(session, asked_here())
            for grant in list(db[GRANTS].find({**whose, "revoked": False}, {"_id": True}, session=session)):
                told.revoke_grant(grant["_id"], at)
            if recovery.resets_factors:
                db[FACTORS].delete_one({"_id": recovery.person_id}, session=session)
            crash_point("P7")
            return True

        try:
            return self._mongo.transact(transaction)
        except DuplicateKeyError:  # somebody else's meanwhile
            return False

    def approve_by_factor(
        self, recovery: Recovery, by: By, used: Used, sign_in_id: str, effective_at: datetime
    ) -> bool:
        """Three writes, each under its condition."""
        db = self._mongo.db
        unused, use_up = use(used)
        open_still = {
            "_id": recovery.id, "state": State.OPEN.value, "notified": True, "person_id": used.person_id
        }  # fmt: skip
        approved = {
            "state": State.APPROVED.value, "decided_by": asdict(by), "decided_at": used.at, "effective_at": effective_at
        }  # fmt: skip

        def transaction(session: ClientSession) -> None:
            for collection, condition, changed in (
                (RECOVERIES, open_still, {"$set": approved}),
                (FACTORS, unused, use_up),
                (SIGN_INS, {"_id": sign_in_id, "stage": Stage.CODE_SENT.value}, ENDED),
            ):
                if db[collection].update_one(condition, changed, session=session).matched_count == 0:
                    raise _ChangedMeanwhile
            crash_point("P8")

        try:
            self._mongo.transact(transaction)
        except _ChangedMeanwhile:
            return False
        return True
