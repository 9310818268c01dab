"""What is in the air when a release is replaced: payments, applications, letters and keys in every interesting state.

Made from outside, through the gateway, as clients make them; only for what a client cannot bring about are programs
stopped or killed. Each thing has a name, under which the record says who asked for what, and what was answered.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from tests.support.platform import APPLICATION, Answer, Client, Platform, eventually, new_key
from tests.upgrade.running import RunningStack

KIOSK, OTHER_KIOSK, PORTAL, OFFICER = "kiosk-jaipur", "kiosk-jaipur-2", "portal-sandbox", "officer-tehsildar-jaipur"
DECISIONS = "gateway.application.decided.v1"
# Until the sweeper has asked once more and hands the payment to people, seconds.
HAND_OVER_TIMEOUT_SECONDS = 60
DEATH_TIMEOUT_SECONDS = 45


@dataclass(frozen=True)
class Promise:
    """One request of a client's and its answer; a list that was read has no key and no body. `status` 0: no answer came
    from the service, so nothing is known."""

    client: str
    path: str
    key: str
    body: dict[str, Any]
    status: int
    answer: dict[str, Any]


@dataclass
class Desk:
    """Those who ask, and the record of what they were promised."""

    stack: RunningStack
    folder: Path
    """For the notes of programs that die."""
    promises: dict[str, Promise] = field(default_factory=dict)
    _clients: dict[str, Client] = field(default_factory=dict)

    def client(self, name: str) -> Client:
        if name not in self._clients:
            self._clients[name] = Platform(self.stack.run_info).client(name)
        return self._clients[name]

    def post(self, name: str, client: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request that has to be answered well."""
        answer = self._post(name, client, path, body)
        assert answer.status in {200, 201, 202}, answer
        return answer.json

    def fetch(self, name: str, client: str, params: dict[str, str], biller: str = "JVVNL") -> dict[str, Any]:
        """The first bill, once there is one: a fee reaches billing a moment after its application."""
        body = {"biller_id": biller, "customer_params": params}

        def bill() -> Answer | None:
            answer = self._post(name, client, "/v1/bill-fetches", body)
            return answer if answer.status == 201 else None

        return dict(eventually(bill, what=f"a bill for {name}").json["bills"][0])

    def pay(self, name: str, client: str, bill: dict[str, Any], **mode: str) -> dict[str, Any]:
        return self.post(name, client, "/v1/payments", _payment(bill, **mode))

    def read(self, name: str, client: str, path: str) -> None:
        answer = self.client(client).get(path)
        assert answer.status == 200, answer
        self.promises[name] = Promise(client, path, "", {}, answer.status, answer.json)

    def pay_and_lose_the_answer(self, name: str, client: str, bill: dict[str, Any], point: str) -> None:
        """billing's api dies at the crash point (servicekit.faults) with this payment in hand."""
        died = self.folder / f"died-at-{point}"
        self.stack.stop("billing-api")
        self.stack.start("billing-api", CRASH_POINT=point, CRASH_ONCE_FILE=str(died))
        answer = self._post(name, client, "/v1/payments", _payment(bill))
        assert answer.status in {502, 503, 504}, answer
        assert answer.json["retryable"] is True
        eventually(died.exists, DEATH_TIMEOUT_SECONDS, f"billing-api dies at {point}")
        self.stack.stop("billing-api")
        self.stack.start("billing-api")

    def payment_when(self, name: str, member: str, value: str, timeout_seconds: float = 20) -> None:
        promise = self.promises[name]
        path = f"/v1/payments/{promise.answer['payment_id']}"
        client = self.client(promise.client)
        eventually(lambda: client.get(path).json[member] == value, timeout_seconds, f"{name}: {value}")

    def in_view(self, name: str, status: str) -> None:
        """Wait until the gateway's view has heard of it."""
        promise = self.promises[name]
        self.client(promise.client).transaction_when(promise.answer["transaction_token"], status)

    def advance_billers(self, seconds: int) -> None:
        url = f"{self.stack.url_of('biller-simulator')}/control/clock"
        answer = urllib3.request("POST", url, json={"advance_seconds": seconds}, timeout=10)
        assert answer.status == 200, answer.data

    def record(self) -> dict[str, Any]:
        return {name: asdict(promise) for name, promise in self.promises.items()}

    def _post(self, name: str, client: str, path: str, body: dict[str, Any]) -> Answer:
        key = new_key()
        answer = self.client(client).post(path, body, key)
        known = answer.status in {200, 201, 202}
        self.promises[name] = Promise(client, path, key, body, answer.status if known else 0, answer.json)
        return answer


def make_every_state(desk: Desk) -> None:
    """All of them; what needs a whole platform first, what needs stopped programs last. Half a minute."""
    _ended_payments(desk)
    _bills_not_paid(desk)
    _applications(desk)
    _first_pages(desk)
    _payment_with_people(desk)
    _parked_letter(desk)
    _events_not_told(desk)
    _payments_in_doubt(desk)


def _k(number: str) -> dict[str, str]:
    return {"k_number": number}


def _payment(bill: dict[str, Any], mode: str = "WALLET", **members: str) -> dict[str, Any]:
    return {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": mode, **members}


def _ended_payments(desk: Desk) -> None:
    desk.pay("paid by wallet", KIOSK, desk.fetch("bill paid by wallet", KIOSK, _k("100000000001")))
    card = {"mode": "CARD", "payment_instrument": "tok_sandbox_ok"}
    desk.pay("paid by card", PORTAL, desk.fetch("bill paid by card", PORTAL, _k("200000000701")), **card)
    card["payment_instrument"] = "tok_sandbox_declined"
    desk.pay("declined card", PORTAL, desk.fetch("bill of the declined card", PORTAL, _k("200000000702")), **card)
    desk.pay("refused by the biller", KIOSK, desk.fetch("bill refused", KIOSK, _k("100000000006")))
    desk.advance_billers(30)
    for name, status in (
        ("paid by wallet", "COMPLETED"),
        ("paid by card", "COMPLETED"),
        ("declined card", "FAILED"),
        ("refused by the biller", "FAILED"),
    ):
        desk.payment_when(name, "status", status, HAND_OVER_TIMEOUT_SECONDS)
        desk.in_view(name, status)


def _bills_not_paid(desk: Desk) -> None:
    desk.fetch("bill not paid", KIOSK, _k("200000000801"))
    desk.fetch("bill in parts", KIOSK, _k("100000000008"))


def _applications(desk: Desk) -> None:
    ends: dict[str, Callable[[str], None]] = {
        "fee due": lambda _: None,
        "in verification": lambda _: None,
        "issued": lambda name: _decide(desk, name, "approve"),
        "rejected": lambda name: _decide(desk, name, "reject"),
    }
    for name, end in ends.items():
        application = desk.post(name, KIOSK, "/v1/applications", APPLICATION)
        bill = desk.fetch(f"fee of {name}", KIOSK, application["fee"]["pay_with"]["customer_params"], "EMITRA-FEES")
        if name != "fee due":
            desk.pay(f"fee paid of {name}", KIOSK, bill)
            _application_when(desk, name, "IN_VERIFICATION")
            end(name)
    for name, status in (("issued", "ISSUED"), ("rejected", "REJECTED"), ("in verification", "IN_VERIFICATION")):
        desk.in_view(name, status)


def _decide(desk: Desk, name: str, decision: str) -> None:
    path = f"/v1/applications/{desk.promises[name].answer['application_id']}/decisions"
    desk.post(f"decision of {name}", OFFICER, path, {"decision": decision, "remarks": "Documents seen."})


def _application_when(desk: Desk, name: str, state: str) -> None:
    path = f"/v1/applications/{desk.promises[name].answer['application_id']}"
    eventually(lambda: desk.client(KIOSK).get(path).json["state"] == state, what=f"{name} is {state}")


def _first_pages(desk: Desk) -> None:
    """Somebody is turning the pages of a list: the cursor to the next one is signed."""
    desk.read("page of applications", KIOSK, "/v1/applications?limit=2")
    desk.read("page of centres", KIOSK, "/v1/kiosks?limit=2")


def _payment_with_people(desk: Desk) -> None:
    """The biller had not said by the published time, which is a second for this payment and a day for all others."""
    bill = desk.fetch("bill with people", OTHER_KIOSK, _k("100000000005"), "AVVNL")
    desk.stack.stop("billing-api")
    desk.stack.start("billing-api", IN_DOUBT_DEADLINE_SECONDS="1")
    desk.pay("with people", OTHER_KIOSK, bill)
    desk.payment_when("with people", "state", "MANUAL", HAND_OVER_TIMEOUT_SECONDS)
    desk.stack.stop("billing-api")
    desk.stack.start("billing-api")


def _parked_letter(desk: Desk) -> None:
    """An event that the gateway's worker did not survive: the broker parks it, and the view does not know of it."""
    name = "rejected, and the event parked"
    application = desk.post(name, KIOSK, "/v1/applications", APPLICATION)
    bill = desk.fetch(f"fee of {name}", KIOSK, application["fee"]["pay_with"]["customer_params"], "EMITRA-FEES")
    desk.pay(f"fee paid of {name}", KIOSK, bill)
    _application_when(desk, name, "IN_VERIFICATION")
    desk.in_view(name, "IN_VERIFICATION")
    desk.stack.stop("gateway-worker")
    _decide(desk, name, "reject")
    with desk.stack.channel() as channel:

        def event() -> Any:
            method, properties, body = channel.basic_get(DECISIONS)
            return (method, properties, body) if method else None

        method, properties, body = eventually(event, what="the decision is on its way")
        channel.basic_publish("", f"parking.{DECISIONS}", body, properties)
        channel.basic_ack(method.delivery_tag)
    desk.stack.start("gateway-worker")
    letters = ("dead-letters", "list", "--json")
    eventually(lambda: "application.decided" in desk.stack.command("gateway", *letters), what="the letter is recorded")


def _events_not_told(desk: Desk) -> None:
    """The relays are gone first: what happens now, nobody hears of before the next release runs."""
    for relay in ("billing-relay", "certificates-relay"):
        desk.stack.stop(relay)
    desk.pay("paid and not told", KIOSK, desk.fetch("bill paid and not told", KIOSK, _k("200000000901")))
    desk.payment_when("paid and not told", "status", "COMPLETED")
    desk.post("applied and not told", KIOSK, "/v1/applications", APPLICATION)


def _payments_in_doubt(desk: Desk) -> None:
    """Nobody goes on with them: the worker, which sweeps, is gone."""
    desk.stack.stop("billing-worker")
    for name, number in (
        ("no answer", "100000000004"),
        ("pending", "100000000005"),
        ("pending, to be refused", "100000000006"),
    ):
        desk.pay(name, KIOSK, desk.fetch(f"bill of {name}", KIOSK, _k(number)))
        desk.payment_when(name, "status", "IN_DOUBT")
    card = {"mode": "CARD", "payment_instrument": "tok_sandbox_pending"}
    desk.pay("card pending", PORTAL, desk.fetch("bill of card pending", PORTAL, _k("200000000703")), **card)
    desk.payment_when("card pending", "status", "IN_DOUBT")
    for name, number, point in (("not asked", "200000000201", "S1"), ("asked", "200000000202", "S2")):
        desk.pay_and_lose_the_answer(name, KIOSK, desk.fetch(f"bill {name}", KIOSK, _k(number)), point)
