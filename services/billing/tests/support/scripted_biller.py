"""A biller network that lists what a test says, and takes every payment once per request id."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LONGEST_SECONDS = 10.0


@dataclass
class ScriptedBiller:
    """`bills` are listed as they stand; `payments` are the bodies taken, by request id."""

    url: str = ""
    bills: list[dict[str, Any]] = field(default_factory=list)
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What it says to a POST."""
        if path == "/bill-fetches":
            return {"bills": self.bills}
        self.payments.setdefault(body["request_id"], body)
        return {"request_id": body["request_id"], "status": "SUCCESS", "biller_reference": f"R{len(self.payments)}"}


@contextmanager
def scripted_biller() -> Iterator[ScriptedBiller]:
    """One, on a free port, gone afterwards."""
    biller = ScriptedBiller()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            raw = json.dumps(biller.answer(self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        biller.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield biller
        finally:
            server.shutdown()
            thread.join(_LONGEST_SECONDS)
