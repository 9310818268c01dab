"""The local service providers in MongoDB."""

from collections.abc import Sequence

from pymongo import ASCENDING, IndexModel

from kiosk_registry.adapters.mongo.documents import Document
from kiosk_registry.domain.lsps.lsp import Lsp
from servicekit.mongo import Mongo

LSPS = "lsps"
INDEXES = {LSPS: [IndexModel([("districts", ASCENDING), ("_id", ASCENDING)], name="serving_a_district")]}


class MongoLsps:
    """Implements application.openings.ports.Lsps."""

    def __init__(self, mongo: Mongo) -> None:
        self._lsps = mongo.db[LSPS]

    def put_missing(self, lsps: Sequence[Lsp]) -> None:
        """Keeps those that are not there yet, and changes none. Safe to repeat."""
        for lsp in lsps:
            self._lsps.update_one({"_id": lsp.id}, {"$setOnInsert": _to_document(lsp)}, upsert=True)

    def get(self, lsp_id: str) -> Lsp | None:
        """The provider as it is now."""
        document = self._lsps.find_one({"_id": lsp_id})
        return _from_document(document) if document else None

    def serving(self, district_code: str | None) -> Sequence[Lsp]:
        """Those whose territory has the district, or all, by id."""
        query = {} if district_code is None else {"districts": district_code}
        return [_from_document(document) for document in self._lsps.find(query).sort("_id", ASCENDING)]


def _to_document(lsp: Lsp) -> Document:
    return {
        "name_en": lsp.name_en,
        "name_hi": lsp.name_hi,
        "districts": sorted(lsp.districts),
        "credit_limit_paise": lsp.credit_limit_paise,
        "version": lsp.version,
    }


def _from_document(document: Document) -> Lsp:
    return Lsp(
        document["_id"],
        document["name_en"],
        document["name_hi"],
        frozenset(document["districts"]),
        document["credit_limit_paise"],
        document["version"],
    )
