"""People at a terminal: their access tokens, and identity's public keys by which those are verified."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from servicekit.testing.tokens import JWKS, access_token


@contextmanager
def identitys_keys() -> Iterator[str]:
    """Where identity's public keys are."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(JWKS)))
            self.end_headers()
            self.wfile.write(JWKS.encode())

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/.well-known/jwks.json"
        server.shutdown()


def operator_token(person_id: str, **claims: Any) -> str:
    """An access token of somebody of the state administration."""
    said = {
        "iss": "https://api.emitra.example", "aud": "emitra", "exp": int(time.time()) + 900, "sub": person_id,
        "client_id": "cli_terminal", "scope": "payments:read payments:write",
        "person": {"id": person_id, "role": "state_admin"},
    }  # fmt: skip
    return access_token(said | claims)
