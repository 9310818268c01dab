"""A wire to the broker that a test can freeze: connections stay open, and nothing, or no answer, passes any more."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit, urlunsplit

READ_AT_ONCE = 65_536


class Wire:
    """Forwards a local port to the host and port of an AMQP URL; `url` leads through it."""

    def __init__(self, amqp_url: str, port: int = 0) -> None:
        parts = urlsplit(amqp_url)
        self._broker = (parts.hostname or "localhost", parts.port or 5672)
        self._listening = socket.create_server(("127.0.0.1", port))
        self.url = self.through(amqp_url, f"127.0.0.1:{self._listening.getsockname()[1]}")
        self._requests_pass, self._answers_pass = threading.Event(), threading.Event()
        self.thaw()
        self._sockets: list[socket.socket] = [self._listening]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def through(amqp_url: str, host: str) -> str:
        """The same URL with another host and port."""
        parts = urlsplit(amqp_url)
        return urlunsplit((parts.scheme, f"{parts.username}:{parts.password}@{host}", parts.path, "", ""))

    def freeze(self) -> None:
        """From now on nothing passes in either direction."""
        self._requests_pass.clear()
        self._answers_pass.clear()

    def hold_answers(self) -> None:
        """From now on nothing comes from the broker, which gets all that is sent to it."""
        self._answers_pass.clear()

    def thaw(self) -> None:
        """Lets everything through again, and what was held back first."""
        self._requests_pass.set()
        self._answers_pass.set()

    def close(self) -> None:
        self.thaw()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._broker)
                self.connections += 1
                self._sockets += [near, far]
                for way in ((near, far, self._requests_pass), (far, near, self._answers_pass)):
                    threading.Thread(target=self._forward, args=way, daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, passes: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(READ_AT_ONCE):
                passes.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
