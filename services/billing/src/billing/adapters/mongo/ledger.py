"""The journal and the wallets in MongoDB. Whatever is written here is written in the transaction of a unit of work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import IndexModel, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from billing.adapters.mongo.documents import HOLDING_STATES, PAYMENTS, entry_document, entry_of
from billing.application.wallets.errors import WalletNotOpen, WalletTooLow
from billing.domain.ledger.entries import JournalEntry, Kind, wallet_changes
from billing.domain.ledger.wallet import Wallet
from billing.domain.money import rupees
from servicekit.errors import ServiceError
from servicekit.money import money
from servicekit.mongo import Mongo

JOURNAL = "journal"
WALLETS = "wallets"

INDEXES = {
    JOURNAL: [
        # What is unique is the entry's own id: a payment may have several of one kind (partial refunds).
        IndexModel([("payment_id", 1)], name="of_a_payment", partialFilterExpression={"payment_id": {"$exists": True}}),
        # Whose files have to list it, and whom it owes: only what partners know of has parties.
        IndexModel(
            [("parties", 1), ("at", 1)],
            name="of_a_partners_day",
            partialFilterExpression={"parties": {"$exists": True}},
        ),
        IndexModel([("at", 1)], name="in_order_of_time"),
        IndexModel(
            [("resolves", 1)],
            name="a_hold_is_resolved_once",
            unique=True,
            partialFilterExpression={"resolves": {"$exists": True}},
        ),
        IndexModel(
            [("top_up_id", 1)],
            name="of_a_top_up",
            partialFilterExpression={"top_up_id": {"$exists": True}},
        ),
        IndexModel(
            [("kiosk_id", 1), ("at", 1), ("_id", 1)],
            name="of_a_centre_by_time",
            partialFilterExpression={"kiosk_id": {"$exists": True}},
        ),
    ],
    WALLETS: [
        IndexModel(
            [("fell.at", 1)],
            name="falls_to_tell",
            partialFilterExpression={"fell.at": {"$exists": True}},
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
                        "kind": {"enum": [kind.value for kind in Kind]},
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


class WalletRefuses(Exception):
    """A wallet is missing or too low for one of several changes; `refusal` says which and why."""


class MongoLedger:
    """Writes entries inside a unit of work; reads wallets.

    `low_paise` tells below which figure a wallet's fall is noted, which is told afterwards; None: no fall is.
    """

    def __init__(self, mongo: Mongo, low_paise: Callable[[datetime], int | None]) -> None:
        self._mongo = mongo
        self._low_paise = low_paise
        self._journal = mongo.db[JOURNAL]
        self._wallets = mongo.db[WALLETS]

    def write(self, session: ClientSession, entries: Sequence[JournalEntry]) -> None:
        """The entries and their wallets' changes. Raises WalletRefuses, and the transaction must be undone.

        The wallets go first: they are what concurrent payments of one centre conflict on.
        """
        if not entries:
            return
        changes = [
            UpdateOne(_can_take(kiosk_id, paise), _change(paise, self._low_paise(entry.at), entry.at))
            for entry in entries
            for kiosk_id, paise in wallet_changes(entry).items()
        ]
        # One after the other: a wallet may be changed by several of them.
        if changes and self._wallets.bulk_write(changes, session=session).matched_count != len(changes):
            raise WalletRefuses
        self._journal.insert_many([entry_document(entry) for entry in entries], session=session)

    def refusal(self, session: ClientSession, entry: JournalEntry) -> ServiceError:
        """Why an entry could not be written: WalletTooLow, or WalletNotOpen."""
        (kiosk_id, paise), *_ = wallet_changes(entry).items()
        document = self._wallets.find_one({"_id": kiosk_id}, session=session)
        if document is None:
            return WalletNotOpen("This centre has no wallet yet.")
        available, credit_limit = int(document["available_paise"]), int(document["credit_limit_paise"])
        return WalletTooLow(
            f"The payment needs {rupees(-paise)}; the wallet can spend {rupees(available + credit_limit)}, "
            "credit included.",
            available=money(available),
            credit_limit=money(credit_limit),
        )

    def has(self, entry_id: str) -> bool:
        """Whether an entry is written."""
        return self._journal.find_one({"_id": entry_id}, {"_id": 1}) is not None

    def entries_of(self, payment_id: str) -> list[JournalEntry]:
        """The entries of a payment, in order of time."""
        rows = self._journal.find({"payment_id": payment_id}).sort([("at", 1), ("_id", 1)])
        return [entry_of(row) for row in rows]

    def is_open(self, session: ClientSession, kiosk_id: str) -> bool:
        """Whether a centre has a wallet."""
        return self._wallets.find_one({"_id": kiosk_id}, {"_id": 1}, session=session) is not None

    def wallet(self, kiosk_id: str) -> Wallet | None:
        """A centre's wallet, or None."""
        document = self._wallets.find_one({"_id": kiosk_id})
        if document is None:
            return None
        # What is held is the sum of a few payments in progress. Stored in the wallet it would have to be changed
        # twice for each payment, and payments of one centre would get in each other's way twice as often.
        held = self._mongo.db[PAYMENTS].aggregate(
            [
                {"$match": {"kiosk_id": kiosk_id, "state": {"$in": HOLDING_STATES}, "mode": "WALLET"}},
                {"$group": {"_id": None, "paise": {"$sum": {"$add": ["$bill_paise", "$service_charge_paise"]}}}},
            ]
        )
        return Wallet(
            kiosk_id=kiosk_id,
            available_paise=int(document["available_paise"]),
            held_paise=sum(int(row["paise"]) for row in held),
            credit_limit_paise=int(document["credit_limit_paise"]),
        )

    def open_if_absent(self, session: ClientSession, kiosk_id: str) -> None:
        """An empty wallet without credit for a centre that has none. A repeat changes nothing."""
        empty = {"available_paise": Int64(0), "credit_limit_paise": Int64(0), "approved_at": None}
        self._wallets.update_one({"_id": kiosk_id}, {"$setOnInsert": empty}, upsert=True, session=session)

    def approve(self, session: ClientSession, kiosk_id: str, *, credit_limit_paise: int, approved_at: datetime) -> None:
        """Gives a wallet its credit, once: the first approval stands."""
        self._wallets.update_one(
            {"_id": kiosk_id, "approved_at": None},
            {"$set": {"credit_limit_paise": Int64(credit_limit_paise), "approved_at": approved_at}},
            session=session,
        )


@dataclass(frozen=True)
class WalletsWithin:
    """Implements application.wallets.ports.NewWallets inside the transaction of `session`."""

    ledger: MongoLedger
    session: ClientSession

    def open(self, kiosk_id: str, *, credit_limit_paise: int, approved_at: datetime) -> None:
        self.ledger.open_if_absent(self.session, kiosk_id)
        self.ledger.approve(self.session, kiosk_id, credit_limit_paise=credit_limit_paise, approved_at=approved_at)


def _can_take(kiosk_id: str, paise: int) -> dict[str, Any]:
    """The wallet, if it can give what is taken from it."""
    if paise >= 0:
        return {"_id": kiosk_id}
    after = {"$add": ["$available_paise", "$credit_limit_paise", Int64(paise)]}
    return {"_id": kiosk_id, "$expr": {"$gte": [after, 0]}}


def _change(paise: int, low_paise: int | None, at: datetime) -> dict[str, Any] | list[dict[str, Any]]:
    """What an entry does to a wallet. A fall below the limit is noted in the same write, and told from there."""
    if paise >= 0 or low_paise is None:
        return {"$inc": {"available_paise": Int64(paise)}}
    after = {"$add": ["$available_paise", Int64(paise)]}
    falls = {"$and": [{"$gte": ["$available_paise", low_paise]}, {"$lt": [after, low_paise]}]}
    fell = {"at": at, "available_paise": after, "limit_paise": Int64(low_paise)}
    return [{"$set": {"available_paise": after, "fell": {"$cond": [falls, fell, {"$ifNull": ["$fell", "$$REMOVE"]}]}}}]


def install_validators(db: Database[dict[str, Any]]) -> None:
    """Have the collections themselves refuse an unbalanced entry, a fraction, an overdrawn wallet. Repeatable."""
    existing = set(db.list_collection_names())
    for name, validator in VALIDATORS.items():
        if name in existing:
            db.command("collMod", name, validator=validator, validationLevel="strict", validationAction="error")
        else:
            db.create_collection(name, validator=validator)
