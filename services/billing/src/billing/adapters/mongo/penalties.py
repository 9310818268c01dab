"""Penalties in MongoDB: an entry each."""

from dataclasses import dataclass

from pymongo.client_session import ClientSession

from billing.adapters.mongo.ledger import JOURNAL, WALLETS, MongoLedger
from billing.domain.ledger.penalties import Penalty
from servicekit.mongo import Mongo


@dataclass(frozen=True)
class PenaltiesWithin:
    """Implements application.wallets.ports.Penalties inside the transaction of `session`."""

    mongo: Mongo
    ledger: MongoLedger
    session: ClientSession

    def take(self, penalty: Penalty) -> bool:
        """What the wallet holds is read in the transaction that takes it: a payment in between is met there, and then
        this is begun anew.
        """
        written = self.mongo.db[JOURNAL].find_one({"_id": penalty.entry_id}, {"_id": 1}, session=self.session)
        if written is not None:
            return False
        self.ledger.open_if_absent(self.session, penalty.kiosk_id)
        wallet = self.mongo.db[WALLETS].find_one({"_id": penalty.kiosk_id}, session=self.session) or {}
        entry = penalty.entry(int(wallet.get("available_paise", 0)) + int(wallet.get("credit_limit_paise", 0)))
        if entry is None:
            return False
        self.ledger.write(self.session, [entry])
        return True
