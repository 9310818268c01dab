"""The last good document of each service in MongoDB, for gateways that start while a broken one lies in the folder.

`{_id: "<place>.<service>", service, place, base_url, document}`, the document as JSON text: its members' names have
dots and dollars in them.
"""

import json
from typing import Any

from pymongo.database import Database

from gateway.adapters.mongo_route_register import in_time
from gateway.application.route_documents import UnusableDocument, read_service
from gateway.application.routes import PublishedService

COLLECTION = "last_good_routes"


class MongoLastGoodRoutes:
    """Implements application.ports.LastGoodRoutes."""

    def __init__(self, db: Database[dict[str, Any]]) -> None:
        self._documents = db[COLLECTION]

    def keep(self, service: PublishedService) -> None:
        """As the port says; within a second."""
        row = {
            "_id": f"{service.place}.{service.name}",
            "service": service.name,
            "place": service.place,
            "base_url": service.base_url,
            "document": json.dumps(service.document),
        }
        with in_time():
            self._documents.replace_one({"_id": row["_id"]}, row, upsert=True)

    def find(self, service: str, place: str) -> PublishedService | None:
        """As the port says; within a second."""
        with in_time():
            row = self._documents.find_one({"_id": f"{place}.{service}"})
        if row is None:
            return None
        try:
            return read_service(service, json.loads(row["document"]), row["base_url"], place)
        except UnusableDocument:
            # It was good to an older gateway.
            return None

    def forget(self, service: str) -> None:
        """As the port says; within a second."""
        with in_time():
            self._documents.delete_many({"service": service})
