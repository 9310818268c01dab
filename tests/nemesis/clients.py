"""Clients that fetch bills, apply for certificates, pay, and look at what became of it; what they were told goes into
the history."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import urllib3

from emitra_client import UnexpectedAnswer
from tests.nemesis.history import Event, History, Kind, Operation
from tests.support.platform import APPLICATION, Answer, Client, Platform

# A desk with a queue, not a benchmark: the programs that come back need the machine too.
LONGEST_PAUSE_SECONDS = 0.1
# What a client gives a request, as Emitra-Timeout-Ms; the platform answers within it, and the rest is for the way.
TIMEOUT_MS = 6_000
REQUEST_SECONDS = TIMEOUT_MS / 1000 + 1
# Some give up sooner without saying so, and have to find out whether their request had an effect.
HASTY_SECONDS = 0.25
# How long a client without an answer goes on repeating its request, and its longest pause between two tries.
REPEAT_FOR_SECONDS = 30.0
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 2.0
# A desk that is not even given a bill waits; sixteen that do not would take the machine from what is starting.
WITHOUT_A_BILL_SECONDS = 0.5
# Tokens are good for 900 s; one that is renewed early still serves while identity is away.
TOKEN_AGE_SECONDS = 600
# What a client remembers, to look at again.
LATEST = 50

# How often a client does what, as a share of 1.
GIVES_UP = 0.2  # of those without an answer: never asks again
REPEATS_TWICE_AT_ONCE = 0.3  # of the repeats
REPEATS_AN_ANSWERED_ONE = 0.03
HASTY = 0.03
OTHER_KEY_AFTERWARDS = 0.03
OTHER_KEY_AT_ONCE = 0.02
LOOKS = 0.3
APPLIES = 0.1
TOPS_UP = 0.03
DECLINED_TOP_UP = 0.1
PAYS_A_FEE_NEXT = 0.3  # if there is one to pay
FETCHES_A_FEE_AGAIN = 0.3  # and tries to pay it by a second bill
SPECIAL_CONSUMER = 0.01
DECLINED_CARD = 0.05

# Refused after 30 s; called back out of order; answered with nonsense (the biller simulator's consumers).
SPECIAL_CONSUMERS = ("100000000006", "100000000009", "100000000010")

FEES = "EMITRA-FEES"


class Failed(Exception):
    """A client got an answer that no client may get."""


@dataclass(frozen=True)
class Bill:
    bill_id: str
    body: Mapping[str, Any]
    total_paise: int
    payer: Client


class Payer:
    """One thread's client; it is the user of several centres, and its random numbers are its own.

    `run` returns once `stopping` is set and the payment in hand is at its end, or given up. Raises Failed.
    """

    def __init__(self, number: int, seed: int, platform: Platform, names: list[str], history: History) -> None:
        self._number = number
        self._random = Random(f"{seed}:client:{number}")
        self._history = history
        self._calls = 0
        patient = replace(platform, http=_connections(REQUEST_SECONDS))
        self._hasty = _connections(HASTY_SECONDS)
        self._clients = [patient.client(name) for name in names]
        self._latest: deque[tuple[Client, dict[str, Any]]] = deque(maxlen=LATEST)
        self._fees: deque[tuple[Client, dict[str, Any]]] = deque(maxlen=LATEST)
        """Who is to pay a fee, and what it is fetched with."""
        self._lock = threading.Lock()
        self._signed_in_at = 0.0

    def open(self) -> None:
        """Sign in, and look at each wallet before anything is taken from it."""
        self._sign_in()
        for client in self._clients:
            if client.kiosk_id and self._look_at_wallet(client) != "ok":
                raise Failed(f"the wallet of {client.kiosk_id} could not be looked at")

    def run(self, stopping: threading.Event) -> None:
        with ThreadPoolExecutor(1) as beside:
            while not stopping.wait(self._random.uniform(0, LONGEST_PAUSE_SECONDS)):
                if time.monotonic() - self._signed_in_at > TOKEN_AGE_SECONDS:
                    self._sign_in()
                client = self._random.choice(self._clients)
                if self._random.random() < APPLIES:
                    self._apply(client)
                if client.kiosk_id and self._random.random() < TOPS_UP:
                    self._top_up(client, beside)
                fee = self._fee() if self._fees and self._random.random() < PAYS_A_FEE_NEXT else None
                bill = fee or self._fetch(client)
                if bill is None:
                    stopping.wait(WITHOUT_A_BILL_SECONDS)
                    continue
                self._pay(bill, beside)
                if self._latest and self._random.random() < LOOKS:
                    self._look()

    # ---- paying

    def _apply(self, client: Client) -> None:
        """Without an answer whoever applied goes home: an application that nobody knows of costs nobody anything."""
        asked = self._invoke("apply", key=self._new_key())
        kind, lodged = self._told(
            asked,
            lambda: client.post("/v1/applications", APPLICATION, asked.key, **self._headers(asked.call)),
            lambda lodged: {"application": lodged["application_id"], "state": lodged["state"]},
        )
        if kind == "ok":
            self._fees.append((client, lodged["fee"]["pay_with"]))

    def _fee(self) -> Bill | None:
        """A bill of the fee that has waited longest; None while billing has not heard of it, and when it is paid."""
        client, order = self._fees.popleft()
        bills = self._bills(client, order)
        if bills is None or (bills and self._random.random() < FETCHES_A_FEE_AGAIN):
            self._fees.append((client, order))
        return self._bill(client, bills[0]) if bills else None

    def _pay(self, bill: Bill, beside: ThreadPoolExecutor) -> None:
        chance, key = self._random.random, self._new_key()
        rival = beside.submit(self._attempt, bill, self._new_key()) if chance() < OTHER_KEY_AT_ONCE else None
        kind = self._attempt(bill, key, hasty=chance() < HASTY)
        if kind == "indeterminate" and chance() >= GIVES_UP:
            kind = self._repeat(bill, key, beside)
        if rival:
            rival.result()
        if kind == "ok" and chance() < REPEATS_AN_ANSWERED_ONE:
            self._attempt(bill, key)
        if kind == "ok" and chance() < OTHER_KEY_AFTERWARDS:
            self._attempt(bill, self._new_key())

    def _repeat(self, bill: Bill, key: str, beside: ThreadPoolExecutor) -> Kind:
        give_up_at = time.monotonic() + REPEAT_FOR_SECONDS
        wait = FIRST_WAIT_SECONDS
        while time.monotonic() < give_up_at:
            time.sleep(self._random.uniform(wait / 2, wait))
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
            twin = beside.submit(self._attempt, bill, key) if self._random.random() < REPEATS_TWICE_AT_ONCE else None
            kinds = {self._attempt(bill, key)} | ({twin.result()} if twin else set())
            if settled := kinds - {"indeterminate"}:
                return "ok" if "ok" in settled else "fail"
        return "indeterminate"

    def _attempt(self, bill: Bill, key: str, *, hasty: bool = False) -> Kind:
        client = replace(bill.payer, http=self._hasty) if hasty else bill.payer
        asked = self._invoke("pay", key=key, bill=bill.bill_id, paise=bill.total_paise, wallet=client.kiosk_id or "")
        kind, answer = self._told(
            asked,
            lambda: client.post("/v1/payments", bill.body, key, **self._headers(asked.call)),
            _as_shown,
        )
        if kind == "ok":
            self._latest.append((bill.payer, answer))
        return kind

    def _top_up(self, client: Client, beside: ThreadPoolExecutor) -> None:
        """As a payment: without an answer most go on repeating the request, and some give up."""
        declined = self._random.random() < DECLINED_TOP_UP
        paise = self._random.choice((10_000, 50_000, 250_000))
        body = {
            "amount": {"amount": paise, "currency": "INR"},
            "mode": "UPI",
            "payment_instrument": "tok_sandbox_declined" if declined else "tok_sandbox_ok",
        }
        key, give_up_at = self._new_key(), time.monotonic() + REPEAT_FOR_SECONDS
        kind, wait = self._attempt_top_up(client, body, key), FIRST_WAIT_SECONDS
        while kind == "indeterminate" and time.monotonic() < give_up_at and self._random.random() >= GIVES_UP:
            time.sleep(self._random.uniform(wait / 2, wait))
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
            twice = self._random.random() < REPEATS_TWICE_AT_ONCE
            twin = beside.submit(self._attempt_top_up, client, body, key) if twice else None
            kind = self._attempt_top_up(client, body, key)
            if twin and kind == "indeterminate":
                kind = twin.result()
            elif twin:
                twin.result()

    def _attempt_top_up(self, client: Client, body: dict[str, Any], key: str) -> Kind:
        wallet = client.kiosk_id or ""
        asked = self._invoke("top-up", key=key, wallet=wallet, paise=body["amount"]["amount"])
        kind, _ = self._told(
            asked,
            lambda: client.post(f"/v1/wallets/{wallet}/top-ups", body, key, **self._headers(asked.call)),
            lambda top_up: {"top_up": top_up["top_up_id"], "state": top_up["state"]},
        )
        return kind

    # ---- looking

    def _look(self) -> None:
        client, payment = self._random.choice(self._latest)
        payment_id = payment["payment_id"]
        operation: Operation = self._random.choice(("payment", "receipt", "view", "wallet"))
        if operation == "wallet":
            if client.kiosk_id:
                self._look_at_wallet(client)
            return
        path, shown = {
            "payment": (f"/v1/payments/{payment_id}", _as_shown),
            "receipt": (f"/v1/payments/{payment_id}/receipt", _receipt_as_shown),
            "view": (f"/v1/transactions/{payment['transaction_token']}", lambda seen: {"state": seen["status"]}),
        }[operation]
        asked = self._invoke(operation, payment=payment_id)
        self._told(asked, lambda: client.get(path, **self._headers(asked.call)), shown)

    def _look_at_wallet(self, client: Client) -> Kind:
        asked = self._invoke("wallet", wallet=client.kiosk_id or "")
        kind, _ = self._told(
            asked,
            lambda: client.get("/v1/wallet", **self._headers(asked.call)),
            lambda wallet: {"paise": wallet["available"]["amount"]},
        )
        return kind

    # ---- calls

    def _invoke(self, operation: Operation, **members: str | int) -> Event:
        with self._lock:  # a twin's call is made by a thread of its own
            self._calls += 1
            number = self._calls
        # A UUID: the platform keeps no other request id.
        call = f"{self._number:08x}-0000-8000-8000-{number:012x}"
        return self._history.invoke(operation, self._number, call, **members)

    def _told(
        self, asked: Event, send: Callable[[], Answer], shown: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> tuple[Kind, dict[str, Any]]:
        try:
            answer = send()
        except urllib3.exceptions.HTTPError as error:
            self._history.end(asked, "indeterminate", code=type(error).__name__)
            return "indeterminate", {}
        if answer.status in {200, 201, 202}:
            self._history.end(asked, "ok", **shown(answer.json))
            return "ok", answer.json
        kind: Kind = "fail" if 400 <= answer.status < 500 else "indeterminate"
        self._history.end(asked, kind, code=answer.json["code"])
        return kind, {}

    @staticmethod
    def _headers(call: str) -> dict[str, str]:
        return {"X-Request-Id": call, "Emitra-Timeout-Ms": str(TIMEOUT_MS)}

    def _fetch(self, client: Client) -> Bill | None:
        """A consumer's bill, unless the platform is not there."""
        bills = self._bills(client, self._consumer())
        return None if bills is None else self._bill(client, bills[0])

    def _bills(self, client: Client, request: dict[str, Any]) -> list[dict[str, Any]] | None:
        """What is due, unless the platform or a fee is not there; no money hangs on it, so it is in no history."""
        try:
            answer = client.post("/v1/bill-fetches", request, self._new_key(), **{"Emitra-Timeout-Ms": str(TIMEOUT_MS)})
        except urllib3.exceptions.HTTPError:
            return None
        if answer.status in {429, 502, 503, 504} or (answer.status == 404 and request["biller_id"] == FEES):
            return None
        if answer.status != 201:
            raise Failed(f"a bill of {request['biller_id']}: {answer}")
        return list(answer.json["bills"])

    def _bill(self, client: Client, bill: Mapping[str, Any]) -> Bill:
        card = client.kiosk_id is None
        body = {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "CARD" if card else "WALLET"}
        if card:
            declined = self._random.random() < DECLINED_CARD
            body["payment_instrument"] = "tok_sandbox_declined" if declined else "tok_sandbox_ok"
        return Bill(bill["bill_id"], body, bill["total"]["amount"], client)

    def _consumer(self) -> dict[str, Any]:
        if self._random.random() < SPECIAL_CONSUMER:
            return _of("JVVNL", "k_number", self._random.choice(SPECIAL_CONSUMERS))
        biller = self._random.choice(("JVVNL", "AVVNL", "JdVVNL", "PHED", "BSNL"))
        if biller == "BSNL":
            return _of(biller, "mobile_number", f"9{self._random.randrange(10**9):09}")
        name = "consumer_number" if biller == "PHED" else "k_number"
        return _of(biller, name, f"2{self._random.randrange(10**11):011}")

    def _new_key(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def _sign_in(self) -> None:
        """A new token for each client; while identity is away the old one will do."""
        for client in self._clients:
            try:
                client.renew_token()
            except (urllib3.exceptions.HTTPError, UnexpectedAnswer):
                if not client.signed_in:
                    raise
        self._signed_in_at = time.monotonic()


def _connections(timeout_seconds: float) -> urllib3.PoolManager:
    # Two: a request may have a twin.
    return urllib3.PoolManager(maxsize=2, retries=False, timeout=timeout_seconds)


def _of(biller: str, name: str, number: str) -> dict[str, Any]:
    return {"biller_id": biller, "customer_params": {name: number}}


def _as_shown(payment: dict[str, Any]) -> dict[str, Any]:
    receipt = payment["receipt"]
    return {
        "payment": payment["payment_id"],
        "state": payment["state"],
        "receipt": receipt["receipt_number"] if receipt else "",
    }


def _receipt_as_shown(receipt: dict[str, Any]) -> dict[str, Any]:
    return {"payment": receipt["payment_id"], "state": "COMPLETED", "receipt": receipt["receipt_number"]}
