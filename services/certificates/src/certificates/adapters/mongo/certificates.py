"""Issued certificates in MongoDB. `applications` writes them, in the transaction of the decision.

Why a certificate ended is a document of its own: the release before this one reads no member that it does not know, and
has to go on saying of a certificate whose end is told here that it is revoked.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession

from certificates.adapters.mongo.documents import (
    certificate_from_document,
    ending_from_document,
    ending_to_document,
)
from certificates.domain.certificates.certificate import Certificate, NotInForce, Status
from servicekit.mongo import Mongo

CERTIFICATES = "certificates"
ENDINGS = "certificate_endings"
# Where it is told that a certificate ended: a list and a bit, or no list if it ended before a credential was made.
PLACES = "certificate_status_places"
NO_LIST = 0
BY_NUMBER_AND_DAY = "certificates_by_number_and_day"
INDEXES = {
    CERTIFICATES: [
        IndexModel([("number", ASCENDING)], name="one_certificate_per_number", unique=True),
        IndexModel([("number", ASCENDING), ("issued_on", ASCENDING)], name=BY_NUMBER_AND_DAY),
        IndexModel([("application_id", ASCENDING)], name="one_certificate_per_application", unique=True),
    ],
    ENDINGS: [IndexModel([("status_list", ASCENDING), ("status_index", ASCENDING)], name="by_bit")],
}


class MongoCertificates:
    """Implements application.certificates.ports.Certificates."""

    def __init__(self, mongo: Mongo) -> None:
        self._certificates = mongo.db[CERTIFICATES]
        self._endings = mongo.db[ENDINGS]

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
        if document is None:
            return None
        certificate = certificate_from_document(document)
        if certificate.status is Status.VALID:
            return certificate
        # It ended in one transaction, so what is read of it afterwards is there.
        ending = self._endings.find_one({"_id": certificate.id})
        return replace(certificate, ending=ending_from_document(ending)) if ending else certificate


def end_certificate(db: Any, session: ClientSession, certificate: Certificate) -> None:
    """Writes that it ended, in a transaction that somebody else runs. Raises NotInForce when it ended before."""
    assert certificate.ending is not None
    updated = db[CERTIFICATES].update_one(
        {"_id": certificate.id, "status": Status.VALID.value},
        {"$set": {"status": certificate.status.value}},
        session=session,
    )
    if updated.matched_count == 0:
        raise NotInForce
    place = _place(db, session, certificate.id)
    db[ENDINGS].insert_one({**ending_to_document(certificate.id, certificate.ending), **place}, session=session)


def _place(db: Any, session: ClientSession, certificate_id: str) -> dict[str, int]:
    """The members that name its place in an ending. A certificate without a place gets none afterwards either.

    Whoever draws one for it at the same time meets this row, or this transaction meets theirs and runs again.
    """
    row = db[PLACES].find_one_and_update(
        {"_id": certificate_id}, {"$setOnInsert": {"list": NO_LIST}}, upsert=True, session=session
    )
    if row is None or row["list"] == NO_LIST:
        return {"status_list": NO_LIST}
    return {"status_list": row["list"], "status_index": row["index"]}
