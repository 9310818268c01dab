"""The collections of identity's database, as retention looks at them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo.database import Database

Document = dict[str, Any]


class MongoKept:
    """The Kept port on MongoDB."""

    def __init__(self, db: Database[Document]) -> None:
        self._db = db

    def names(self) -> Sequence[str]:
        """But for those of the database itself."""
        return [name for name in self._db.list_collection_names() if not name.startswith("system.")]

    def forget(self, collection: str, field: str, until: datetime) -> int:
        """One delete; null is no instant and compares with none, so what is open stays."""
        return self._db[collection].delete_many({field: {"$lte": until}}).deleted_count
