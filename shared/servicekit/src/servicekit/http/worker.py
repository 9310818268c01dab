"""gunicorn's threaded worker, changed where callers could stop it: its threads never wait for a caller.

The loop (gunicorn's own) receives requests, and hands each to a thread when it is whole; it also sends what a caller
does not take at once. So a thousand slow callers cost a thousand connections, and no thread. What gunicorn has for TLS
and HTTP/2 is left out: both belong to the ingress. ADR 0024 says why, and what else was measured.
"""

import errno
import heapq
import itertools
import math
import selectors
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from gunicorn.http import errors
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from servicekit.errors import DependencyUnavailable
from servicekit.http import server_errors
from servicekit.http.connections import MOST_HEAD_BYTES, BodyAwaited, Connection
from servicekit.http.problems import BodyTooLarge, RequestTimeout
from servicekit.observability import metrics

log = structlog.get_logger(__name__)

# A head is one packet, or two; a caller on a bad line gets time to send one again.
HEAD_SECONDS = 10.0
# Most bodies come right behind their heads. After this long the application is asked whether it wants the body at all.
ASK_AFTER_SECONDS = 0.2
# For the caller to take an answer; after it the connection is closed in the middle.
ANSWER_SECONDS = 20.0
# After the last answer what still comes is thrown away, for closing at once would take the answer back (RFC 9112
# section 9.6).
LINGER_SECONDS = 2.0
MOST_LINGERED_BYTES = 1024 * 1024
# Of a body that is too large for a route that reads large ones: browsers show the answer when they have sent it all.
LINGERED_TIMES = 4
# All that is here of large bodies, four of 8 MiB or more that are still coming: what more comes is refused.
MOST_LARGE_BYTES = 32 * 1024 * 1024


class BufferingWorker(ThreadWorker):
    """Requests come whole to the threads; errors before any application are RFC 9457 problems; a stop loses nothing."""

    sockets: list[Any]  # gunicorn's own, undeclared there
    alive: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Those that wait for their caller, the longest waiting first, each with what to do when its time is over.
        self._waiting: dict[Connection, Any] = {}
        self._due: list[tuple[float, int, Connection]] = []
        self._tickets = itertools.count()
        # Those whose body may be larger than most.
        self._large: set[Connection] = set()
        metrics.THREADS.set(self.cfg.threads)

    # Accepting and stopping ----------------------------------------------------------------------------------------

    def set_accept_enabled(self, enabled: bool) -> None:
        """At a stop the listener is closed when the draining begins, and not when it has ended.

        Whoever connects meanwhile is refused at once and knows that nothing was done. gunicorn would leave them in the
        kernel's queue, with their requests sent, until they are reset: then nobody knows.
        """
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            while self.accept(listener):  # those in the queue have sent their requests already
                pass
            listener.close()
        self.sockets = []

    def accept(self, listener: socket.socket) -> bool:
        """Takes one connection, if there is one. At the limit the one that has waited longest makes room."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in {errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK}:
                raise
            return False
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections and self._waiting:
            metrics.EVICTED.inc()
            self._drop(next(iter(self._waiting)))
        connection = Connection(self.cfg, sock, client, listener.getsockname())
        self._wait(connection, selectors.EVENT_READ, self._receive, HEAD_SECONDS, self._drop)
        self._receive(connection)
        return True

    def murder_keepalived(self, force: bool = False) -> None:
        """At the end closes what is left; before, each connection has its own time."""
        if force:
            for connection in list(self._waiting):
                self._drop(connection)

    def _cap_keepalive(self, deadline: float) -> None:
        for connection, out_of_time in list(self._waiting.items()):
            if out_of_time == self._drop and connection.request is None:
                self._set_due(connection, min(connection.due, deadline))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """As gunicorn's, and wakes up for the connection whose time is over first."""
        if self._due:
            timeout = max(0.0, min(timeout, self._due[0][0] - time.monotonic()))
        super().wait_for_and_dispatch_events(timeout)
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            looked_at, _, connection = heapq.heappop(self._due)
            if looked_at != connection.looked_at:
                continue
            connection.looked_at = math.inf
            if connection.due <= now:
                self._waiting[connection](connection)
            elif connection.due < math.inf:
                self._set_due(connection, connection.due)

    # Waiting for callers -------------------------------------------------------------------------------------------

    def _wait(self, connection: Connection, event: int, ready: Any, seconds: float, out_of_time: Any) -> None:
        """`ready` is called when the connection can be read or written, `out_of_time` when it could not for so long."""
        if connection not in self._waiting:
            self.poller.register(connection.socket, event, lambda _: ready(connection))
        self._waiting[connection] = out_of_time
        self._set_due(connection, time.monotonic() + seconds)

    def _set_due(self, connection: Connection, due: float) -> None:
        connection.due = due
        # One that is looked at before then is put in for later at that time: so none is in the heap many times.
        if due < connection.looked_at:
            connection.looked_at = due
            heapq.heappush(self._due, (due, next(self._tickets), connection))

    def _stop_waiting(self, connection: Connection) -> None:
        if self._waiting.pop(connection, None) is not None:
            connection.due = math.inf
            self.poller.unregister(connection.socket)

    def _drop(self, connection: Connection) -> None:
        self._stop_waiting(connection)
        self._large.discard(connection)
        self.nr_conns -= 1
        connection.socket.close()

    def _receive(self, connection: Connection) -> None:
        try:
            count = connection.receive()
        except BlockingIOError:
            return
        except OSError:
            count = 0
            connection.incoming.clear()
        if count and connection in self._large and self._large_bytes() > MOST_LARGE_BYTES:
            connection.incoming.clear()
            self._refuse(connection, DependencyUnavailable("Too much is being sent here at once; try again."))
        elif count:
            self._advance(connection)
        elif connection.incoming or connection.request:
            self._refuse(connection, errors.NoMoreData())
        else:
            self._drop(connection)

    def _large_bytes(self) -> int:
        return sum(len(connection.incoming) for connection in self._large)

    def _advance(self, connection: Connection) -> None:
        """Goes on with what has come: to a thread when it is a whole request, else it waits for more."""
        if connection.request is None and not self._has_head(connection):
            return
        if connection.is_whole() or connection.is_too_large() or connection.wants_to_be_asked():
            self._hand_over(connection)
        elif not connection.asked and self._waiting.get(connection) != self._hand_over:
            self._wait(connection, selectors.EVENT_READ, self._receive, ASK_AFTER_SECONDS, self._hand_over)

    def _has_head(self, connection: Connection) -> bool:
        """Whether the head has been read; False also when it was refused."""
        if connection.has_head():
            try:
                connection.read_head()
            except Exception as error:  # noqa: BLE001 whatever the parser raises is answered
                self._refuse(connection, error)
                return False
            return True
        if len(connection.incoming) > MOST_HEAD_BYTES:
            self._refuse(connection, errors.LimitRequestHeaders("head"))
        elif self._waiting.get(connection) != self._time_out:
            self._wait(connection, selectors.EVENT_READ, self._receive, HEAD_SECONDS, self._time_out)
        return False

    def _time_out(self, connection: Connection) -> None:
        self._refuse(connection, RequestTimeout("The request did not arrive whole in the time that there was for it."))

    def _refuse(self, connection: Connection, error: Exception) -> None:
        """Answers in the application's place, and closes the connection: nobody knows where a next request begins."""
        self._stop_waiting(connection)
        try:
            connection.sock.sendall(server_errors.answer(error))
        except OSError:
            self._drop(connection)
        else:
            self._send(connection, keep=False)

    # Between the loop and the threads ------------------------------------------------------------------------------

    def _hand_over(self, connection: Connection) -> None:
        self._stop_waiting(connection)
        metrics.WAITING.inc()
        self.enqueue_req(connection)

    def handle(self, connection: Connection) -> Any:
        """Has the application answer, in a thread. Returns whether the connection can be kept, or BodyAwaited."""
        metrics.WAITING.dec()
        with metrics.BUSY.track_inprogress():
            return self._handle(connection)

    def _handle(self, connection: Connection) -> Any:
        try:
            return self.handle_request(connection.prepare(), connection)
        except BodyAwaited:
            return BodyAwaited
        except StopIteration:
            return False
        except OSError as error:
            log.info("caller_gone", reason=type(error).__name__)
        except Exception as error:  # noqa: BLE001 gunicorn's parser, or an application that has no answer
            with suppress(OSError):
                connection.sock.sendall(server_errors.answer(error))
        return False

    def finish_request(self, connection: Connection, future: Future[Any]) -> None:
        """On the loop, after `handle`."""
        outcome = False if future.cancelled() or future.exception() is not None else future.result()
        if outcome is BodyAwaited:
            self._await_body(connection)
        else:
            self._send(connection, keep=outcome)

    def _await_body(self, connection: Connection) -> None:
        if connection.is_too_large():
            self._refuse(connection, BodyTooLarge("The body is larger than this service reads."))
            return
        connection.asked = True
        if connection.is_large:
            self._large.add(connection)
        if connection.expects_continue:
            with suppress(OSError):  # a caller that is gone is met at the next reading
                connection.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        left = connection.body_due - time.monotonic()
        self._wait(connection, selectors.EVENT_READ, self._receive, left, self._time_out)
        self._advance(connection)

    def _send(self, connection: Connection, *, keep: bool) -> None:
        """Sends the rest of the answer; then the next request's turn comes, or the connection's end."""
        try:
            sent = connection.send()
        except OSError:
            self._drop(connection)
            return
        if not sent:
            if connection not in self._waiting:
                again = partial(self._send, keep=keep)
                self._wait(connection, selectors.EVENT_WRITE, again, ANSWER_SECONDS, self._drop)
        elif keep:
            self._stop_waiting(connection)
            self._await_next(connection)
        else:
            self._stop_waiting(connection)
            self._linger(connection)

    def _await_next(self, connection: Connection) -> None:
        connection.next()
        self._large.discard(connection)
        # A caller may be sending its next request already: a stopping worker keeps the connection for a moment.
        seconds = float(self.cfg.keepalive) if self.alive else STOP_KEEPALIVE_LINGER
        self._wait(connection, selectors.EVENT_READ, self._receive, seconds, self._drop)
        if connection.incoming:
            self._advance(connection)

    def _linger(self, connection: Connection) -> None:
        try:
            connection.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(connection)
            return
        left, seconds = MOST_LINGERED_BYTES, LINGER_SECONDS
        if connection.is_large:
            left = LINGERED_TIMES * connection.most_bytes
            seconds = max(seconds, connection.body_due - time.monotonic())
        connection.incoming.clear()

        def discard(connection: Connection) -> None:
            nonlocal left
            try:
                count = connection.receive()
            except BlockingIOError:
                return
            except OSError:
                count = 0
            connection.incoming.clear()
            left -= count
            if not count or left < 0:
                self._drop(connection)

        self._wait(connection, selectors.EVENT_READ, discard, seconds, self._drop)
