"""The floor of the token endpoint: Flask and the library that signs, and nothing that knows or proves anybody.

Run by the benchmark under gunicorn.
"""

import secrets
import time
from typing import Any

from flask import Flask
from joserfc import jwt
from joserfc.jwk import OKPKey

from servicekit.tokens import signatures

LIFETIME_SECONDS = 900


def make_app() -> Flask:
    """Called in each gunicorn worker, after fork."""
    app = Flask(__name__)
    key, registry = OKPKey.generate_key("Ed25519", {"kid": "bare"}), signatures("EdDSA")
    head = {"alg": "EdDSA", "typ": "at+jwt", "kid": "bare"}
    scope = "billers:read bills:fetch payments:read payments:write applications:read applications:write"

    @app.post("/token")
    def token() -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": "https://api.emitra.example", "aud": "emitra", "sub": "cli_bare", "client_id": "cli_bare",
            "scope": scope, "iat": now, "exp": now + LIFETIME_SECONDS, "jti": secrets.token_hex(12),
        }  # fmt: skip
        signed = jwt.encode(head, claims, key, registry=registry)
        return {"access_token": signed, "token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "scope": scope}

    return app
