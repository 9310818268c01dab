"""Secrets of one local stack, made when first asked for and kept in a file that only its owner can read."""

from __future__ import annotations

import json
import os
import secrets
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from joserfc.jwk import KeySet, OKPKey

SECRET_BYTES = 32
# As identity marks its clients' secrets of a sandbox: what bears it is refused where ENVIRONMENT is live.
SANDBOX_MARK = "emitra_test_"


class SecretStore:
    """Named secrets and Ed25519 keys. The same name always gives the same value, across restarts.

    Each bears the sandbox's mark, a key in its `kid`, so that none of them gets into a live environment unnoticed.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._turn = threading.Lock()  # services are prepared side by side
        self._kept: dict[str, str] = {}
        with suppress(FileNotFoundError, ValueError):
            self._kept = json.loads(file.read_text())

    def secret(self, name: str) -> str:
        """The mark, and 32 random bytes as URL-safe text."""
        return self._keep(f"secret:{name}", lambda: SANDBOX_MARK + secrets.token_urlsafe(SECRET_BYTES))

    def oct_jwks(self, name: str) -> str:
        """A JWK Set of one symmetric key of 32 bytes; its `kid` says that a sandbox made it."""
        return self._keep(f"oct_jwks:{name}", _new_symmetric_keys)

    def ed25519(self, name: str) -> str:
        """A private Ed25519 key as JWK JSON; its `kid` is the mark and its RFC 7638 thumbprint."""
        return self._keep(f"ed25519:{name}", _new_private_key)

    def ed25519_public_jwks(self, name: str) -> str:
        """The JWKS JSON with the public half of ed25519(name)."""
        key = OKPKey.import_key(json.loads(self.ed25519(name)))
        return json.dumps(KeySet([key]).as_dict(private=False), sort_keys=True)

    def _keep(self, name: str, make: Any) -> str:
        with self._turn:
            if name not in self._kept:
                self._kept[name] = make()
                beside = self._file.with_suffix(".new")
                with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                    json.dump(self._kept, file, indent=1, sort_keys=True)
                beside.replace(self._file)
            return self._kept[name]


def _new_private_key() -> str:
    key = OKPKey.generate_key("Ed25519", {"use": "sig"}, private=True)
    return json.dumps({**key.as_dict(private=True), "kid": SANDBOX_MARK + key.thumbprint()}, sort_keys=True)


def _new_symmetric_keys() -> str:
    key = {"kty": "oct", "kid": f"emitra_test_{secrets.token_hex(4)}", "k": secrets.token_urlsafe(SECRET_BYTES)}
    return json.dumps({"keys": [key]})
