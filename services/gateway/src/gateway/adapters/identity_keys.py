"""Identity's public keys (JWKS), fetched over HTTP and kept."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
import urllib3
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from gateway.application.errors import IdentityUnavailable

# RFC 7517 sets no life-time. Identity publishes a new key at least this long before it signs with it.
KEYS_LIVE_SECONDS = 300.0
# A token with a key id nobody knows makes us look at once, but forged ones must not make us hammer identity.
UNKNOWN_KEY_COOLDOWN_SECONDS = 10.0
# While identity is down: how soon the next request tries again. Requests between answer at once.
RETRY_SECONDS = 1.0
FETCH_TIMEOUT_SECONDS = 2.0
LARGEST_KEY_SET_BYTES = 64 * 1024

PublicKey = OKPKey | ECKey
_log = structlog.get_logger(__name__)


class IdentityKeys:
    """The verification keys at `url`, by key id. Thread-safe; makes no connection until it is asked for a key.

    Keys older than five minutes are fetched again by one request while the others use the old ones; while identity
    is down the old ones stay in use.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._http = urllib3.PoolManager(num_pools=1, maxsize=2)
        self._fetching = threading.Lock()
        self._keys: Mapping[str, PublicKey] | None = None
        self._fetched_at = 0.0
        self._tried_at = float("-inf")

    def find(self, kid: str) -> PublicKey | None:
        """The key with this id, or None when identity has no such key.

        Raises IdentityUnavailable when no key set could be fetched yet. Safe to repeat.
        """
        keys = self._keys
        now = self._clock()
        if keys is None:
            keys = self._first()
        elif now - self._fetched_at > KEYS_LIVE_SECONDS and now - self._tried_at > RETRY_SECONDS:
            keys = self._again() or keys
        key = keys.get(kid)
        if key is None:
            # Whoever is fetching just now may bring it: a new key's first tokens come at the same instant.
            with self._fetching:
                if self._clock() - self._tried_at > UNKNOWN_KEY_COOLDOWN_SECONDS:
                    self._fetch()
            key = (self._keys or keys).get(kid)
        return key

    def _first(self) -> Mapping[str, PublicKey]:
        with self._fetching:
            if self._keys is None and self._clock() - self._tried_at > RETRY_SECONDS:
                self._fetch()
            if self._keys is None:
                raise IdentityUnavailable(
                    "The identity service has not given its keys yet, so no access token can be checked; "
                    "repeat the request in a moment.",
                    retry_after_seconds=2,
                )
            return self._keys

    def _again(self) -> Mapping[str, PublicKey] | None:
        if not self._fetching.acquire(blocking=False):
            return None
        try:
            if self._clock() - self._tried_at > RETRY_SECONDS:
                self._fetch()
            return self._keys
        finally:
            self._fetching.release()

    def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            self._keys = self._download()
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            _log.warning(
                "identity_keys_not_fetched", reason=type(error).__name__, stale_keys_in_use=self._keys is not None
            )
            return
        self._fetched_at = self._tried_at

    def _download(self) -> Mapping[str, PublicKey]:
        response = self._http.request(
            "GET",
            self._url,
            headers={"Accept": "application/json"},
            timeout=FETCH_TIMEOUT_SECONDS,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            body = response.read(LARGEST_KEY_SET_BYTES + 1)
        finally:
            response.release_conn()
        if response.status != 200 or len(body) > LARGEST_KEY_SET_BYTES:
            raise ValueError(f"status {response.status}, {len(body)} bytes")
        key_set = json.loads(body)
        listed = key_set.get("keys") if isinstance(key_set, dict) else None
        if not isinstance(listed, list):
            raise ValueError("not a key set")
        keys = dict(filter(None, map(_usable, listed)))
        if not keys:
            raise ValueError("the key set has no usable key")
        return keys


def _usable(jwk: Any) -> tuple[str, PublicKey] | None:
    """A signing key of the two kinds we accept; others in the set are for somebody else."""
    if not isinstance(jwk, dict):
        return None
    kid, kind = jwk.get("kid"), (jwk.get("kty"), jwk.get("crv"))
    if not isinstance(kid, str) or jwk.get("use", "sig") != "sig":
        return None
    try:
        if kind == ("OKP", "Ed25519"):
            return kid, OKPKey.import_key(dict(jwk))
        if kind == ("EC", "P-256"):
            return kid, ECKey.import_key(dict(jwk))
    except (JoseError, ValueError):
        _log.warning("identity_key_unusable", kid=kid)
    return None
