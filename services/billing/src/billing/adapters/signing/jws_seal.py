"""What is told is signed as a compact JWS (RFC 7515) with Ed25519 (RFC 8037), by a key from the settings."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from joserfc import jws
from joserfc.jwk import OKPKey

from servicekit.errors import DependencyUnavailable
from servicekit.tokens import signatures

# The name that common libraries know; RFC 9864's is Ed25519.
ALGORITHM = "EdDSA"
_KIND = "application/vnd.emitra.{}+json"
_REGISTRY = signatures(ALGORITHM)
_PUBLISHED = ("kty", "crv", "x", "kid")


class JwsSeal:
    """Implements application.timeline.ports.Seal. Threads may share it."""

    def __init__(self, key: OKPKey | None, retired: Sequence[OKPKey]) -> None:
        self._key = key
        self._retired = retired

    def sign(self, kind: str, content: Mapping[str, Any]) -> str:
        if self._key is None:
            raise DependencyUnavailable("This service has no key yet that signs timelines; ask again later.")
        header = {"alg": ALGORITHM, "kid": self._key.kid, "cty": _KIND.format(kind)}
        payload = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return jws.serialize_compact(header, payload, self._key, registry=_REGISTRY)

    def public_keys(self) -> Mapping[str, Any]:
        public = [key.as_dict(private=False) for key in (*self._retired, self._key) if key is not None]
        return {"keys": [{**{name: jwk[name] for name in _PUBLISHED}, "use": "sig"} for jwk in public]}
