"""The keys that sign tokens in the collection `signing_keys`, each closed by the vault's key store (ADR 0046).

So every process of every machine has the same ones, a job can change them, and neither the database nor a copy of it
gives anybody a key.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog
from joserfc.jwk import OKPKey, RSAKey
from pymongo.errors import DuplicateKeyError, PyMongoError

from identity.application.tokens.errors import NoSigningKey, SigningKeyRefused
from identity.application.vault.envelope import Envelope
from identity.application.vault.errors import SealBroken, VaultClosed
from identity.domain.clients.client import Algorithm
from identity.domain.tokens.signing_keys import SigningKey, algorithm_of, since
from identity.domain.vault.keys import closing_key
from identity.domain.vault.records import Sealed
from servicekit.mongo import Mongo

# How late a process may notice a new key; the overlap of a rotation is far longer.
REREAD_SECONDS = 5.0
RSA_BITS = 2048  # NIST SP 800-57 part 1 §5.6: good until the end of 2030
_OPENED = (VaultClosed, SealBroken)
_log = structlog.get_logger(__name__)


class MongoSigningKeys:
    """The SigningKeys port on MongoDB and the setting, and what the signer reads. Safe to share by threads.

    `setting` are the keys of SIGNING_KEYS, the first of which signs until one that was made here does. What was read is
    used for five seconds, and for as long as the database or the key store is away.
    """

    def __init__(
        self, mongo: Mongo, envelope: Envelope, setting: Sequence[OKPKey], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rows = mongo.db["signing_keys"]
        self._envelope = envelope
        self._setting = tuple(SigningKey(id=str(k.kid), algorithm=Algorithm.EDDSA, since=since(str(k.kid)), key=k)
                              for k in setting)  # fmt: skip
        self._clock = clock
        self._turn = threading.Lock()
        self._read_at = float("-inf")
        self._stored: Mapping[str, SigningKey] = {}

    def open_keys(self) -> Sequence[SigningKey]:
        """Every key, open. Raises NoSigningKey while none could be had."""
        if self._clock() - self._read_at >= REREAD_SECONDS:
            # The first waits for its answer; afterwards one thread looks while the others go on with what there is.
            with_keys = bool(self._stored or self._setting)
            if self._turn.acquire(blocking=not with_keys):
                try:
                    if self._clock() - self._read_at >= REREAD_SECONDS:
                        self._read()
                finally:
                    self._turn.release()
        keys = (*self._setting, *self._stored.values())
        if not keys:
            raise NoSigningKey("There is no key to sign with yet; repeat the request in a minute.")
        return keys

    def key_ids(self) -> Sequence[str]:
        return [*(key.id for key in self._setting), *self.stored_ids()]

    def stored_ids(self) -> Sequence[str]:
        return sorted(row["_id"] for row in self._rows.find({}, {"_id": 1}))

    def add(self, key_id: str, at: datetime) -> None:
        key: OKPKey | RSAKey
        if algorithm_of(key_id) is Algorithm.RS256:
            key = RSAKey.generate_key(RSA_BITS, private=True)
        else:
            key = OKPKey.generate_key("Ed25519", private=True)
        private = json.dumps(key.as_dict(private=True)).encode()
        try:
            self._rows.insert_one({"_id": key_id, "sealed": vars(self._envelope.close(private, _context(key_id), at))})
        except DuplicateKeyError:
            raise SigningKeyRefused(f"There is a key {key_id} already; wait a second.") from None
        self._read_at = float("-inf")

    def remove(self, key_id: str) -> None:
        self._rows.delete_one({"_id": key_id})
        self._read_at = float("-inf")

    def count_by_key(self) -> Mapping[str, int]:
        """How many signing keys each wrapping key of the vault closes."""
        grouped = self._rows.aggregate([{"$group": {"_id": "$sealed.key_id", "records": {"$sum": 1}}}])
        return {row["_id"]: row["records"] for row in grouped}

    def reseal(self, at: datetime) -> int:
        """Close anew what an older wrapping key closed; how many. Raises VaultClosed, SealBroken."""
        closing, changed = closing_key(self._envelope.keys.key_ids(), at), 0
        for row in self._rows.find({"sealed.key_id": {"$ne": closing}}):
            context = _context(row["_id"])
            sealed = self._envelope.close(self._envelope.reveal(Sealed(**row["sealed"]), context), context, at)
            changed += self._rows.update_one(
                {"_id": row["_id"], "sealed": row["sealed"]}, {"$set": {"sealed": vars(sealed)}}
            ).modified_count
        return changed

    def _read(self) -> None:
        try:
            rows = {row["_id"]: Sealed(**row["sealed"]) for row in self._rows.find()}
        except PyMongoError as error:
            if not (self._stored or self._setting):
                raise
            _log.warning("signing_keys_not_read", reason=type(error).__name__)
        else:
            # A key is opened once: it never changes under its id.
            opened = [self._stored.get(key_id) or self._opened(key_id, sealed) for key_id, sealed in rows.items()]
            self._stored = {key.id: key for key in opened if key is not None}
        self._read_at = self._clock()

    def _opened(self, key_id: str, sealed: Sealed) -> SigningKey | None:
        try:
            jwk = json.loads(self._envelope.reveal(sealed, _context(key_id)))
        except _OPENED as error:
            # The others go on; this one is tried again, and its tokens are read where it can be opened.
            _log.error("signing_key_not_opened", key_id=key_id, reason=type(error).__name__)
            return None
        kind = RSAKey if algorithm_of(key_id) is Algorithm.RS256 else OKPKey
        key = kind.import_key({**jwk, "kid": key_id})
        return SigningKey(id=key_id, algorithm=algorithm_of(key_id), since=since(key_id), key=key)


def _context(key_id: str) -> bytes:
    return f"emitra-signing-key-1\0{key_id}".encode()
