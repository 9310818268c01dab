"""Issued certificates in MongoDB. `applications` writes them, in the transaction of the decision."""

from datetime import date
from typing import Any

from pymongo import ASCENDING, IndexModel

from certificates.adapters.mongo.documents import certificate_from_document
from certificates.domain.certificates.certificate import Certificate
from servicekit.mongo import Mongo

CERTIFICATES = "certificates"
BY_NUMBER_AND_DAY = "certificates_by_number_and_day"
INDEXES = {
    CERTIFICATES: [
        IndexModel([("number", ASCENDING)], name="one_certificate_per_number", unique=True),
        IndexModel([("number", ASCENDING), ("issued_on", ASCENDING)], name=BY_NUMBER_AND_DAY),
        IndexModel([("application_id", ASCENDING)], name="one_certificate_per_application", unique=True),
    ],
}


class MongoCertificates:
    """Implements application.certificates.ports.Certificates."""

    def __init__(self, mongo: Mongo) -> None:
        self._certificates = mongo.db[CERTIFICATES]

    def get(self, certificate_id: str) -> Certificate | None:
        """The certificate by its id."""
        return self._one({"_id": certificate_id})

    def by_number(self, number: str) -> Certificate | None:
        """The certificate by its printed number."""
        return self._one({"number": number})

    def by_number_and_day(self, number: str, issued_on: date) -> Certificate | None:
        """Both are keys of one index: a number that exists reads no more, asked with a wrong day, than others do."""
        return self._one({"number": number, "issued_on": issued_on.isoformat()}, hint=BY_NUMBER_AND_DAY)

    def _one(self, query: dict[str, Any], hint: str | None = None) -> Certificate | None:
        document = self._certificates.find_one(query, hint=hint)
        return certificate_from_document(document) if document else None
