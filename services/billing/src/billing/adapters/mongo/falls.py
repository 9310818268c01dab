"""Wallets that fell below the limit, noted by the entry that made them fall: told from here, once each."""

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from billing.adapters.events import low_wallet_event
from billing.adapters.mongo.centres import CENTRES
from billing.adapters.mongo.ledger import WALLETS
from billing.application.wallets.ports import Fall
from servicekit.events import Outbox
from servicekit.mongo import Mongo


class MongoFalls:
    """Implements application.wallets.ports.Falls."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._mongo = mongo
        self._outbox = outbox
        self._wallets = mongo.db[WALLETS]
        self._centres = mongo.db[CENTRES]

    def next_untold(self) -> Fall | None:
        wallet = self._wallets.find_one({"fell.at": {"$exists": True}}, sort=[("fell.at", 1)])
        if wallet is None:
            return None
        fell = wallet["fell"]
        centre = self._centres.find_one({"_id": wallet["_id"]}, {"district_code": 1})
        return Fall(
            wallet["_id"],
            centre["district_code"] if centre else None,
            fell["at"],
            available_paise=int(fell["available_paise"]),
            limit_paise=int(fell["limit_paise"]),
        )

    def tell(self, fall: Fall, event_id: str, request_id: str) -> bool:
        told = False

        def write(session: ClientSession) -> None:
            nonlocal told
            wallet = self._wallets.find_one_and_update(
                {"_id": fall.kiosk_id, "fell.at": fall.at},
                {"$unset": {"fell": ""}, "$inc": {"events_told": 1}},
                return_document=ReturnDocument.AFTER,
                session=session,
            )
            told = wallet is not None
            if wallet is not None:
                self._outbox.add(session, low_wallet_event(fall, event_id, request_id, sequence=wallet["events_told"]))

        self._mongo.transact(write)
        return told
