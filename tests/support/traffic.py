"""A trickle of real payments while something breaks, by clients that do what the API tells them."""

import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import urllib3
from stdnum import verhoeff

from tests.support.platform import APPLICATION, Answer, Client, Platform, eventually, new_key

CLIENTS = 3
# Between two payments of a client: a trickle, so that the fault and not the load is what is measured.
PAUSE_SECONDS = 0.2
# Before a request is repeated. The API may ask for more; at a desk people are not as patient, and neither is a test.
LONGEST_WAIT_SECONDS = 1.0
# With `fees` a client applies for a certificate once in so many turns, beginning with its first.
APPLICATION_EVERY = 3
# A client that waits longer than this for its answer has not survived the fault.
ANSWER_WITHIN_SECONDS = 90
# What a desk gives a request, as Emitra-Timeout-Ms; the gateway answers within it, and the rest is for a busy machine.
# Twice as long is still less than the 30 s of a request that names no time.
TIMEOUT_MS = 10_000
LONGEST_REQUEST_SECONDS = 2 * TIMEOUT_MS / 1000


@dataclass(frozen=True)
class Promised:
    """A payment that a client was told of by 200, 201 or 202."""

    key: str
    bill_id: str
    payment: dict[str, Any]


class Traffic:
    """Clients of several centres that fetch a bill and pay it, again and again, as long as the block runs.

    After a timeout, a broken connection or a 5xx they repeat the request with the same Idempotency-Key. At the end of
    the block each finishes its payment; what went wrong in a client is raised then.

    With `fees` they also apply for certificates. An application's fee is paid in a later turn, once billing has heard
    of it, so that while events do not pass there still are payments; the last fees are paid at the end of the block,
    within ANSWER_WITHIN_SECONDS.
    """

    def __init__(self, platform: Platform, *, fees: bool = False, clients: int = CLIENTS) -> None:
        self._fees = fees
        names = [client["name"] for client in platform.run_info["clients"] if client.get("kiosk_id")]
        self._clients = [platform.client(names[number % len(names)]) for number in range(clients)]
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._pay_on, args=(client,)) for client in self._clients]
        self._failures: list[BaseException] = []
        self._waiting: set[int] = set()
        self.promised: list[Promised] = []
        self.refusals: Counter[str] = Counter()
        """By code (or the exception's name): what clients were answered instead of a result."""
        self.longest_request_seconds = 0.0

    def more(self, count: int, within_seconds: float = ANSWER_WITHIN_SECONDS) -> None:
        """Wait until this many more payments were promised."""
        target = len(self.promised) + count

        def enough() -> bool:
            if self._failures:
                raise self._failures[0]
            return len(self.promised) >= target

        eventually(enough, within_seconds, f"{count} more payments; refusals were {dict(self.refusals)}")

    def refused(self, within_seconds: float = ANSWER_WITHIN_SECONDS) -> None:
        """Wait until a client was refused since the call."""
        before = self.refusals.total()
        eventually(lambda: self.refusals.total() > before, within_seconds, "a client sees that something is broken")

    def under_way(self, within_seconds: float = ANSWER_WITHIN_SECONDS) -> None:
        """Wait until most of the clients are waiting for an answer."""
        eventually(lambda: len(self._waiting) > len(self._clients) / 2, within_seconds, "requests are under way")

    def __enter__(self) -> Self:
        for client in self._clients:
            assert client.token  # signed in before anything breaks
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(2 * ANSWER_WITHIN_SECONDS)  # a bill and a payment
        if error is None:
            if self._failures:
                raise self._failures[0]
            assert not any(thread.is_alive() for thread in self._threads)
            assert self.longest_request_seconds < LONGEST_REQUEST_SECONDS

    def _pay_on(self, client: Client) -> None:
        due: deque[dict[str, Any]] = deque()
        turn = 0
        try:
            while not self._stopping.wait(PAUSE_SECONDS):
                turn += 1
                if self._fees and turn % APPLICATION_EVERY == 1:
                    due.append(self._apply(client))
                paid = self._pay_fee(client, due) or self._pay(client, self._new_consumer())
                assert paid, "a consumer has no bill"
                self.promised.append(paid)
            give_up_at = time.monotonic() + ANSWER_WITHIN_SECONDS
            while due:
                if paid := self._pay_fee(client, due):
                    self.promised.append(paid)
                else:
                    assert time.monotonic() < give_up_at, "billing does not hear of an application"
                    time.sleep(PAUSE_SECONDS)
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            self._failures.append(error)

    def _apply(self, client: Client) -> dict[str, Any]:
        """Apply for a certificate; returns what its fee is fetched with."""
        key = new_key()
        made = self._until_answered(lambda: _post(client, "/v1/applications", APPLICATION, key)).json
        assert made["state"] == "FEE_DUE", made
        return dict(made["fee"]["pay_with"])

    def _pay_fee(self, client: Client, due: deque[dict[str, Any]]) -> Promised | None:
        """Pay the fee that is due longest; None when there is none or billing has not heard of it yet."""
        paid = self._pay(client, due[0]) if due else None
        if paid:
            due.popleft()
        return paid

    @staticmethod
    def _new_consumer() -> dict[str, Any]:
        return {"biller_id": "JVVNL", "customer_params": {"k_number": new_consumer()}}

    def _pay(self, client: Client, whose: dict[str, Any]) -> Promised | None:
        """Fetch the bill and pay it; None when there is none."""
        fetch_key, key = new_key(), new_key()
        fetched = self._until_answered(lambda: _post(client, "/v1/bill-fetches", whose, fetch_key), 404)
        if fetched.status == 404:
            return None
        bill = fetched.json["bills"][0]
        request = {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET"}
        paid = self._until_answered(lambda: _post(client, "/v1/payments", request, key))
        return Promised(key, bill["bill_id"], paid.json)

    def _until_answered(self, send: Callable[[], Answer], *also: int) -> Answer:
        give_up_at = time.monotonic() + ANSWER_WITHIN_SECONDS
        while True:
            began = time.monotonic()
            wait = PAUSE_SECONDS
            self._waiting.add(threading.get_ident())
            try:
                answer = send()
            except urllib3.exceptions.HTTPError as error:  # the gateway itself is away
                code = type(error).__name__
            else:
                if answer.status in {200, 201, 202, *also}:
                    return answer
                assert answer.status in {429, 502, 503, 504}, answer
                assert answer.json["retryable"] is True, answer
                code = answer.json["code"]
                wait = min(float(answer.headers.get("Retry-After", wait)), LONGEST_WAIT_SECONDS)
            finally:
                self._waiting.discard(threading.get_ident())
                self.longest_request_seconds = max(self.longest_request_seconds, time.monotonic() - began)
            self.refusals[code] += 1
            assert time.monotonic() < give_up_at, f"no answer within {ANSWER_WITHIN_SECONDS} s, at last {code}"
            time.sleep(wait)


def new_consumer() -> str:
    """A consumer of its own for each, whatever seeds the random numbers of a test: never an Aadhaar-shaped number."""
    digits = f"2{secrets.randbelow(10**10):010}"
    check = int(verhoeff.calc_check_digit(digits))
    return f"{digits}{(check + 1) % 10}"


def _post(client: Client, path: str, body: dict[str, Any], key: str) -> Answer:
    return client.post(path, body, key, **{"Emitra-Timeout-Ms": str(TIMEOUT_MS)})
