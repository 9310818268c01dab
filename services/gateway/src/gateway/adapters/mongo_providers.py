"""Whose each centre is, as the register tells: `{_id: the centre's id, providers: [{lsp_id, since}]}`.

A centre that goes to another provider gets one line more, so that what was made before stays its former provider's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from gateway.adapters.mongo_transactions import READ_TIMEOUT_SECONDS
from gateway.application.providers import Provided, Provider
from servicekit.deadlines import seconds_left

COLLECTION = "providers"


class MongoProviders:
    """Implements application.ports.Providers."""

    def __init__(self, db: Database[dict[str, Any]]) -> None:
        self._providers = db[COLLECTION]

    def of(self, kiosk_id: str) -> Sequence[Provider]:
        """One read by _id."""
        left_ms = int(seconds_left(READ_TIMEOUT_SECONDS) * 1000)
        document = self._providers.find_one({"_id": kiosk_id}, max_time_ms=left_ms)
        return [Provider(line["lsp_id"], line["since"]) for line in document["providers"]] if document else []

    def record(self, session: ClientSession, provided: Sequence[Provided]) -> None:
        """A set of lines: repeats and disorder change nothing."""
        self._providers.bulk_write(
            [
                UpdateOne(
                    {"_id": told.kiosk_id},
                    {"$addToSet": {"providers": {"lsp_id": told.provider.lsp_id, "since": told.provider.since}}},
                    upsert=True,
                )
                for told in provided
            ],
            session=session,
        )


@dataclass(frozen=True)
class ProvidersWithin:
    """Implements application.ports.ProvidersTold inside the transaction of `session`."""

    providers: MongoProviders
    session: ClientSession

    def add(self, provided: Sequence[Provided]) -> None:
        self.providers.record(self.session, provided)
