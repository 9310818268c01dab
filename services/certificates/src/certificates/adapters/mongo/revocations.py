"""Revocations in MongoDB: proposals, decisions, and the end of the certificate with its event."""

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from certificates.adapters.events import to_event
from certificates.adapters.mongo.certificates import end_certificate
from certificates.application.revocations.ports import AnotherProposed, DecidedMeanwhile
from certificates.domain.certificates.certificate import CertificateRevoked, EndReason
from certificates.domain.label import Label
from certificates.domain.revocations.revocation import Act, Revocation, Standing
from servicekit.events import Outbox
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo, duplicate_key

REVOCATIONS = "certificate_revocations"
INDEXES = {
    REVOCATIONS: [
        IndexModel([("certificate_id", ASCENDING), ("proposed.at", ASCENDING)], name="of_a_certificate"),
        IndexModel(
            [("certificate_id", ASCENDING)],
            name="one_open_proposal_per_certificate",
            unique=True,
            partialFilterExpression={"standing": Standing.PROPOSED.value},
        ),
    ]
}


class MongoRevocations:
    """Implements application.revocations.ports.Revocations. Threads may share it."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._db = mongo.db
        self._outbox = outbox
        self._idempotency = Idempotency(mongo)

    def get(self, revocation_id: str) -> Revocation | None:
        """The revocation as it is now."""
        document = self._db[REVOCATIONS].find_one({"_id": revocation_id})
        return _from_document(document) if document else None

    def of(self, certificate_id: str) -> Sequence[Revocation]:
        """By an index; see the port."""
        documents = self._db[REVOCATIONS].find({"certificate_id": certificate_id}).sort("proposed.at", ASCENDING)
        return [_from_document(document) for document in documents]

    def propose(self, revocation: Revocation, claim: Claim) -> Once[str]:
        """One transaction; see the port."""

        def effect(session: ClientSession) -> None:
            self._db[REVOCATIONS].insert_one(_to_document(revocation), session=session)

        try:
            return self._idempotency.once(claim, revocation.id, effect)
        except DuplicateKeyError as error:
            if duplicate_key(error) == ("certificate_id",):
                raise AnotherProposed from error
            raise

    def decide(
        self, revocation: Revocation, revoked: CertificateRevoked | None, claim: Claim, request_id: str
    ) -> Once[str]:
        """One transaction; see the port."""

        def effect(session: ClientSession) -> None:
            updated = self._db[REVOCATIONS].replace_one(
                {"_id": revocation.id, "standing": Standing.PROPOSED.value}, _to_document(revocation), session=session
            )
            if updated.matched_count == 0:
                raise DecidedMeanwhile
            if revoked is not None:
                end_certificate(self._db, session, revoked.certificate)
                self._outbox.add(session, to_event(revoked, request_id))

        return self._idempotency.once(claim, revocation.id, effect)

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got; see the port."""
        return self._idempotency.find(claim)


def _to_document(revocation: Revocation) -> dict[str, Any]:
    return {
        "_id": revocation.id,
        "certificate_id": revocation.certificate_id,
        "reason": revocation.reason.value,
        "standing": revocation.standing.value,
        "proposed": _act_document(revocation.proposed),
        "decided": revocation.decided and _act_document(revocation.decided),
    }


def _act_document(act: Act) -> dict[str, Any]:
    return {
        "officer_id": act.officer_id,
        "designation": {"en": act.designation.en, "hi": act.designation.hi},
        "remarks": act.remarks,
        "at": act.at,
    }


def _from_document(document: dict[str, Any]) -> Revocation:
    return Revocation(
        document["_id"],
        document["certificate_id"],
        EndReason(document["reason"]),
        Standing(document["standing"]),
        _act(document["proposed"]),
        _act(document["decided"]) if document["decided"] else None,
    )


def _act(document: dict[str, Any]) -> Act:
    return Act(document["officer_id"], Label(**document["designation"]), document["remarks"], document["at"])
