"""Closed-loop load over keep-alive connections, and what it says in percentiles."""

import http.client
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

REQUEST_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: bytes | None
    headers: Mapping[str, str]


@dataclass
class Load:
    """What came of a load: seconds per request, statuses, and how long it all took."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    took: float = 0.0
    bodies: list[bytes] = field(default_factory=list)

    def add(self, more: "Load") -> None:
        """Adds the counts of another run of the same load."""
        self.seconds += more.seconds
        self.statuses += more.statuses
        self.took += more.took
        self.bodies += more.bodies

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.took

    def percentile(self, percent: int) -> float:
        """In milliseconds."""
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percent - 1] * 1000


def run_load(url: str, requests: Sequence[Request], clients: int, keep_bodies: bool = False) -> Load:
    """Sends all requests once, `clients` at a time, each over one connection. Raises what a connection raises."""
    where = urlsplit(url)
    load = Load()
    lock = threading.Lock()
    todo = iter(requests)
    failures: list[BaseException] = []

    def take() -> Iterator[Request]:
        while True:
            with lock:
                request = next(todo, None)
            if request is None:
                return
            yield request

    def client() -> None:
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=REQUEST_TIMEOUT_SECONDS)
        try:
            for request in take():
                began = time.perf_counter()
                connection.request(request.method, request.path, request.body, dict(request.headers))
                response = connection.getresponse()
                body = response.read()
                took = time.perf_counter() - began
                with lock:
                    load.seconds.append(took)
                    load.statuses[response.status] += 1
                    if keep_bodies:
                        load.bodies.append(body)
        except Exception as error:  # noqa: BLE001 shown by the caller; a benchmark with errors is void
            failures.append(error)
        finally:
            connection.close()

    _together(client, clients, load)
    if failures:
        raise failures[0]
    return load


def time_calls(call: Callable[[], object], count: int) -> Load:
    """Calls one after the other in this thread."""
    load = Load()
    began = time.perf_counter()
    for _ in range(count):
        start = time.perf_counter()
        call()
        load.seconds.append(time.perf_counter() - start)
    load.took = time.perf_counter() - began
    return load


def _together(run: Callable[[], None], count: int, load: Load) -> None:
    threads = [threading.Thread(target=run) for _ in range(count)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.took = time.perf_counter() - began
