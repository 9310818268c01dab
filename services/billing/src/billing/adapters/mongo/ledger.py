"""The journal and the wallets in MongoDB: the entry and what it does to wallets, in one transaction or not at all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import IndexModel, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from billing.adapters.mongo.documents import HOLDING_STATES, PAYMENTS, entry_document
from billing.application.payments.errors import WalletNotOpen, WalletTooLow
from billing.domain.ledger.entries import JournalEntry, Wallet, sandbox_funding, wallet_changes
from billing.domain.money import rupees
from servicekit.mongo import Mongo

JOURNAL = "journal"
WALLETS = "wallets"

INDEXES = {
    JOURNAL: [
        IndexModel(
            [("payment_id", 1), ("kind", 1)],
            name="one_entry_of_a_kind_per_payment",
            unique=True,
            partialFilterExpression={"payment_id": {"$exists": True}},
        ),
        IndexModel(
            [("resolves", 1)],
            name="a_hold_is_resolved_once",
            unique=True,
            partialFilterExpression={"resolves": {"$exists": True}},
        ),
    ],
}

VALIDATORS: dict[str, dict[str, Any]] = {
    JOURNAL: {
        "$and": [
            {
                "$jsonSchema": {
                    "bsonType": "object",
                    "required": ["kind", "at", "legs"],
                    "properties": {
                        "kind": {"enum": ["hold", "post", "void", "capture", "funding"]},
                        "at": {"bsonType": "date"},
                        "legs": {
                            "bsonType": "array",
                            "minItems": 2,
                            "items": {
                                "bsonType": "object",
                                "required": ["account", "paise"],
                                "additionalProperties": False,
                                "properties": {"account": {"bsonType": "string"}, "paise": {"bsonType": "long"}},
                            },
                        },
                    },
                }
            },
            {"$expr": {"$eq": [{"$sum": "$legs.paise"}, 0]}},
        ]
    },
    WALLETS: {
        "$and": [
            {
                "$jsonSchema": {
                    "bsonType": "object",
                    "required": ["available_paise", "credit_limit_paise"],
                    "properties": {
                        "available_paise": {"bsonType": "long"},
                        "credit_limit_paise": {"bsonType": "long", "minimum": 0},
                    },
                }
            },
            {"$expr": {"$gte": [{"$add": ["$available_paise", "$credit_limit_paise"]}, 0]}},
        ]
    },
}


class NotAllTaken(Exception):
    """Of several changes made at once at least one does not apply; alone each finds out for itself."""


class MongoLedger:
    """Writes entries inside a caller's transaction; reads wallets."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._journal = mongo.db[JOURNAL]
        self._wallets = mongo.db[WALLETS]

    def write(self, session: ClientSession, entry: JournalEntry) -> None:
        """The entry and its wallets' changes. Raises WalletTooLow or WalletNotOpen, and the transaction is undone.

        The wallet goes first: it is what concurrent payments of one centre conflict on.
        """
        for kiosk_id, paise in wallet_changes(entry).items():
            self._change_wallet(session, kiosk_id, paise)
        self._journal.insert_one(entry_document(entry), session=session)

    def write_all(self, session: ClientSession, entries: Sequence[JournalEntry]) -> None:
        """Several entries at once. Raises NotAllTaken if any wallet refuses, and the transaction is undone."""
        changes = [
            UpdateOne(_can_take(kiosk_id, paise), _increase(paise))
            for entry in entries
            for kiosk_id, paise in wallet_changes(entry).items()
        ]
        # One after the other: a wallet may be changed by several of them.
        if changes and self._wallets.bulk_write(changes, session=session).matched_count != len(changes):
            raise NotAllTaken("a wallet is missing or too low")
        if entries:
            self._journal.insert_many([entry_document(entry) for entry in entries], session=session)

    def _change_wallet(self, session: ClientSession, kiosk_id: str, paise: int) -> None:
        changed = self._wallets.update_one(_can_take(kiosk_id, paise), _increase(paise), session=session)
        if changed.matched_count:
            return
        wallet = self._wallets.find_one({"_id": kiosk_id}, session=session)
        if wallet is None:
            raise WalletNotOpen("This centre has no wallet yet.")
        available, credit_limit = int(wallet["available_paise"]), int(wallet["credit_limit_paise"])
        raise WalletTooLow(
            f"The payment needs {rupees(-paise)}; the wallet can spend {rupees(available + credit_limit)}, "
            "credit included.",
            available={"amount": available, "currency": "INR"},
            credit_limit={"amount": credit_limit, "currency": "INR"},
        )

    def wallet(self, kiosk_id: str) -> Wallet | None:
        """A centre's wallet, or None."""
        found = self._wallets.find_one({"_id": kiosk_id})
        if found is None:
            return None
        # What is held is the sum of a few payments in progress. Once[str] in the wallet it would have to be changed
        # twice for each payment, and payments of one centre would get in each other's way twice as often.
        held = self._mongo.db[PAYMENTS].aggregate(
            [
                {"$match": {"kiosk_id": kiosk_id, "state": {"$in": HOLDING_STATES}, "mode": "WALLET"}},
                {"$group": {"_id": None, "paise": {"$sum": {"$add": ["$bill_paise", "$service_charge_paise"]}}}},
            ]
        )
        return Wallet(
            kiosk_id=kiosk_id,
            available_paise=int(found["available_paise"]),
            held_paise=sum(int(row["paise"]) for row in held),
            credit_limit_paise=int(found["credit_limit_paise"]),
        )

    def open_wallet(
        self, session: ClientSession, kiosk_id: str, *, credit_limit_paise: int, approved_at: datetime
    ) -> None:
        """Open an approved centre's wallet, or approve one that the sandbox opened first. A repeat changes nothing."""
        self._open_if_absent(session, kiosk_id)
        self._wallets.update_one(
            {"_id": kiosk_id, "approved_at": None},
            {"$set": {"credit_limit_paise": Int64(credit_limit_paise), "approved_at": approved_at}},
            session=session,
        )

    def fund_sandbox_wallet(self, kiosk_id: str, paise: int, at: datetime) -> bool:
        """Give a sandbox wallet its play money, once; False when it had it already. Opens the wallet if need be."""
        entry = sandbox_funding(kiosk_id, paise, at)

        def fund(session: ClientSession) -> None:
            self._open_if_absent(session, kiosk_id)
            self.write(session, entry)

        if self._journal.find_one({"_id": entry.entry_id}, {"_id": 1}):
            return False
        try:
            self._mongo.transact(fund)
        except DuplicateKeyError as error:
            # Somebody else funded it between the look and the transaction; any other duplicate is a lost write.
            if (error.details or {}).get("keyValue") != {"_id": entry.entry_id}:
                raise
            return False
        return True

    def _open_if_absent(self, session: ClientSession, kiosk_id: str) -> None:
        nothing = {"available_paise": Int64(0), "credit_limit_paise": Int64(0)}
        self._wallets.update_one(
            {"_id": kiosk_id}, {"$setOnInsert": {**nothing, "approved_at": None}}, upsert=True, session=session
        )


def _can_take(kiosk_id: str, paise: int) -> dict[str, Any]:
    """The wallet, if it can give what is taken from it."""
    if paise >= 0:
        return {"_id": kiosk_id}
    after = {"$add": ["$available_paise", "$credit_limit_paise", Int64(paise)]}
    return {"_id": kiosk_id, "$expr": {"$gte": [after, 0]}}


def _increase(paise: int) -> dict[str, Any]:
    return {"$inc": {"available_paise": Int64(paise)}}


def install_validators(db: Database[dict[str, Any]]) -> None:
    """Have the collections themselves refuse an unbalanced entry, a fraction, an overdrawn wallet. Repeatable."""
    existing = set(db.list_collection_names())
    for name, validator in VALIDATORS.items():
        if name in existing:
            db.command("collMod", name, validator=validator, validationLevel="strict", validationAction="error")
        else:
            db.create_collection(name, validator=validator)
