"""The chains of hops that were told, in MongoDB: whoever looks is a witness of what was recorded by then."""

import secrets

from pymongo.errors import DuplicateKeyError

from billing.adapters.mongo.documents import Document
from billing.domain.timeline.chain import Chain, Link
from servicekit.mongo import Mongo

TIMELINES = "timelines"
_SALT_BYTES = 16


class MongoChains:
    """Implements application.timeline.ports.Chains."""

    def __init__(self, mongo: Mongo) -> None:
        self._timelines = mongo.db[TIMELINES]

    def of(self, payment_id: str) -> Chain:
        document = self._timelines.find_one({"_id": payment_id})
        return _chain_of(document) if document else Chain(payment_id, secrets.token_hex(_SALT_BYTES))

    def keep(self, before: Chain, after: Chain) -> bool:
        added = [_link_document(link) for link in after.links[len(before.links) :]]
        if not added:
            return True
        if not before.links:
            try:
                self._timelines.insert_one({"_id": after.payment_id, "salt": after.salt, "links": added})
            except DuplicateKeyError:
                return False
            return True
        same = {"_id": before.payment_id, "links": {"$size": len(before.links)}}
        return self._timelines.update_one(same, {"$push": {"links": {"$each": added}}}).matched_count == 1


def _chain_of(document: Document) -> Chain:
    links = tuple(Link(link["hop_id"], link["record"], link["digest"]) for link in document["links"])
    return Chain(document["_id"], document["salt"], links)


def _link_document(link: Link) -> Document:
    return {"hop_id": link.hop_id, "record": link.record, "digest": link.digest}
