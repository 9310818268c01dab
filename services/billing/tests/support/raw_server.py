"""A server that answers every request with given bytes, however wrong they are, at a given pace."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_CHUNK_BYTES = 65_536
_LONGEST_SECONDS = 10.0


def http(status: int, body: bytes | dict[str, Any], **headers: str) -> bytes:
    """A whole HTTP/1.1 answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@contextmanager
def answering(raw: bytes, *, drip_seconds: float = 0) -> Iterator[str]:
    """The server's address; with `drip_seconds` the answer comes byte by byte, with that pause between."""
    stop = threading.Event()

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed: the test is over
                return
            with connection:
                connection.settimeout(_LONGEST_SECONDS)
                connection.recv(_CHUNK_BYTES)
                try:
                    if not drip_seconds:
                        connection.sendall(raw)
                    for place in range(len(raw) if drip_seconds else 0):
                        connection.sendall(raw[place : place + 1])
                        if stop.wait(drip_seconds):
                            return
                except OSError:
                    continue  # the client had enough

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(_LONGEST_SECONDS)


def closed_port() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"
