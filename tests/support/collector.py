"""A receiver of OTLP over HTTP: what every program of a stack tells of its spans, as it was sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# How soon a program sends what it has: a test that looks for a span does not want to wait the usual five seconds.
SENT_EVERY_MS = 1_000


@dataclass(frozen=True)
class Collector:
    """`received` has the body of every request, an ExportTraceServiceRequest of OTLP's protobuf, in order."""

    port: int
    received: list[bytes] = field(default_factory=list)

    def settings(self) -> dict[str, str]:
        """What a program's environment needs so that it tells this collector."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "OTEL_BSP_SCHEDULE_DELAY": str(SENT_EVERY_MS),
        }

    def with_text(self, text: bytes) -> list[bytes]:
        """The bodies that have it somewhere."""
        return [body for body in list(self.received) if text in body]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a port of its own, as long as the block runs."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        collector = Collector(server.server_port)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield collector
        server.shutdown()
        thread.join()
