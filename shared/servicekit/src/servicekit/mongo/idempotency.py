"""The service's half of `Idempotency-Key`: the claim is written in the same transaction as the effect.

Because claim and effect commit together there is no state in between to clean up: a key either has its resource or
was never used. A concurrent twin loses on the unique index, and answers with the winner's resource.
"""

from collections.abc import Callable, Mapping

from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from servicekit.errors import DependencyUnavailable, IdempotencyKeyReused
from servicekit.idempotency import Claim, Once
from servicekit.mongo.client import Mongo, duplicate_key

COLLECTION = "idempotency"
CLAIM_KEY = ("client_id", "operation", "key")
# An election takes some ten seconds, the most of which has passed when somebody asks again.
UNCERTAIN_RETRY_AFTER_SECONDS = 5
INDEXES = [
    IndexModel([(field, 1) for field in CLAIM_KEY], name="one_effect_per_key", unique=True),
    IndexModel([("expires_at", 1)], name="forget_expired_keys", expireAfterSeconds=0),
]


class Idempotency:
    """Runs an effect at most once per claim."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._claims = mongo.db[COLLECTION]

    def once(self, claim: Claim, resource_id: str, effect: Callable[[ClientSession], object]) -> Once[str]:
        """Runs `effect`, which makes or changes the resource with that id, with the claim in one transaction.

        The same key and fingerprint again give the first id with `replayed=True`, and run nothing.
        Safe to repeat. Raises `IdempotencyKeyReused` for the same key with another fingerprint,
        `DependencyUnavailable` while it is open whether the first request's effect stays, and whatever the effect
        raises, in which case the key stays unused.
        """

        def run(session: ClientSession) -> None:
            # The claim goes first: a twin conflicts here, before it can meet what the first one did (an empty wallet).
            self.claim(session, {resource_id: claim})
            effect(session)

        try:
            self._mongo.transact(run)
            return Once(resource_id, replayed=False)
        except DuplicateKeyError as error:
            if duplicate_key(error) != CLAIM_KEY:
                raise
        return self._replay(claim)

    def claim(self, session: ClientSession, claims: Mapping[str, Claim]) -> None:
        """Writes claims, by the ids of their resources, for effects of the same transaction.

        Raises `DuplicateKeyError` or `BulkWriteError` when one of them is in use, with the same effect or another.
        """
        self._claims.insert_many(
            [
                {field: getattr(claim, field) for field in (*CLAIM_KEY, "fingerprint", "expires_at")}
                | {"resource_id": resource_id}
                for resource_id, claim in claims.items()
            ],
            session=session,
        )

    def find(self, claim: Claim) -> Once[str] | None:
        """The resource an earlier request with this key made, or None. Raises `IdempotencyKeyReused`.

        For operations whose validation depends on state the first request changed: look before validating.
        """
        first = self._claims.find_one({field: getattr(claim, field) for field in CLAIM_KEY})
        if first is None:
            return None
        if first["fingerprint"] != claim.fingerprint:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used before for a request with another body or address. "
                "Send the first request again unchanged, or use a new key for a new request."
            )
        return Once(first["resource_id"], replayed=True)

    def _replay(self, claim: Claim) -> Once[str]:
        first = self.find(claim)
        if first is None:
            # The claim that refused ours is not on a majority of the database's members, and may yet be rolled back; or
            # it expired between the two reads.
            raise DependencyUnavailable(
                "It is not certain yet that the first request with this Idempotency-Key stays. Repeat the request with "
                "the same key.",
                retry_after_seconds=UNCERTAIN_RETRY_AFTER_SECONDS,
            )
        return first
