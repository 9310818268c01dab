"""Access tokens as identity makes them, signed with keys that exist only in this process."""

import json
import time
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, KeySet, OKPKey
from joserfc.registry import HeaderParameter

ISSUER = "https://api.emitra.example"


class Identity:
    """Keys and tokens. `key_set()` is what identity's JWKS endpoint answers with."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.add_key("key-1")

    def add_key(self, kid: str) -> OKPKey:
        key = OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig"})
        self.keys.append(key)
        return key

    def key_set(self) -> bytes:
        return json.dumps(KeySet(self.keys).as_dict(private=False)).encode()

    def token(
        self,
        *scopes: str,
        client_id: str = "cli_kiosk_one",
        kiosk_id: str | None = None,
        person: dict[str, Any] | None = None,
        key: Key | None = None,
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A good token unless `header` or `claims` say otherwise; a claim given as None is left out."""
        key = key or self.keys[0]
        now = int(time.time())
        algorithm = "ES256" if isinstance(key, ECKey) else "Ed25519"
        whole = {
            "iss": ISSUER,
            "aud": "emitra",
            "sub": client_id,
            "client_id": client_id,
            "scope": " ".join(scopes),
            "kiosk_id": kiosk_id,
            "person": person,
            "iat": now,
            "exp": now + 900,
            "jti": "a-token",
            **claims,
        }
        head = {"alg": algorithm, "typ": "at+jwt", "kid": key.kid, **(header or {})}
        said = {name: value for name, value in whole.items() if value is not None}
        registry = jws.JWSRegistry({"x": HeaderParameter("", "int")}, ["Ed25519", "ES256"])
        return jwt.encode(head, said, key, registry=registry)


def internal_key() -> tuple[str, str]:
    """The gateway's own signing key: (private JWK, public key set), both JSON text."""
    key = OKPKey.generate_key("Ed25519", {"kid": "internal-1", "use": "sig"})
    return json.dumps(key.as_dict(private=True)), json.dumps({"keys": [key.as_dict(private=False)]})
