"""The two journeys that `make run` performs, as a client outside would: through the gateway and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3
from rich.console import Console

from emitra_client import Client, UnexpectedAnswer
from emitra_local.problems import CannotStart

# A payment or an issued certificate takes about a second; after this something is broken.
OUTCOME_TIMEOUT_SECONDS = 45
POLL_SECONDS = 0.1

KIOSK, OFFICER = "kiosk-jaipur", "officer-tehsildar-jaipur"
K_NUMBER = "100000000001"  # the biller simulator always has a bill for it
JAIPUR = "102"

# Given the sandbox's clients by name and where to print; returns the URL of what was made.
Journey = Callable[[Callable[[str], Client], "Account"], str]


class JourneyFailed(CannotStart):
    """The platform is up but did not do what it is for; the text says at which call and what it answered."""


@dataclass(frozen=True)
class Outcome:
    """What came of a journey: the URL of what was made; or why it failed; or what it waits for, not yet made."""

    text: str
    failed: bool = False
    waits: bool = False


class Account:
    """Prints what happens, with the time each step took."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def title(self, text: str) -> None:
        self._console.print(f"\n[bold]{text}[/]")

    @contextmanager
    def step(self, what: str) -> Iterator[Callable[[str], None]]:
        """Times a step; the step may add what came out of it by calling what it is given."""
        started, outcome = time.monotonic(), list[str]()
        yield outcome.append
        took = (time.monotonic() - started) * 1000
        self._console.print(f"  {what:<34} {' '.join(outcome):<62} [dim]{took:6.0f} ms[/]", soft_wrap=True)


def perform(info: Mapping[str, Any], console: Console) -> dict[str, str]:
    """Pay a bill and have a certificate issued; prints an account with URLs. Repeatable: each time a new bill.

    `info` is what `.local/run.json` says. Returns the URLs of what was made. Raises JourneyFailed at the first answer
    that is not what the journey needs.
    """
    account = Account(console)
    try:
        return {name: journey(_clients(info), account) for name, (journey, _) in _JOURNEYS.items()}
    except UnexpectedAnswer as error:
        raise JourneyFailed(str(error)) from error


def attempt(
    info: Mapping[str, Any], console: Console, well: Collection[str], before: Mapping[str, Outcome] | None = None
) -> dict[str, Outcome]:
    """As perform(), but a journey that fails ends nothing, and one that needs a service that is not in `well` waits.
    Those that did not wait `before` are not made again."""
    account = Account(console)
    return {
        name: before[name] if before and not before[name].waits else _outcome(journey, needed, well, info, account)
        for name, (journey, needed) in _JOURNEYS.items()
    }


def _outcome(
    journey: Journey, needed: Collection[str], well: Collection[str], info: Mapping[str, Any], account: Account
) -> Outcome:
    if missing := [service for service in needed if service not in well]:
        return Outcome(f"not made, for it needs {', '.join(missing)}", waits=True)
    try:
        return Outcome(journey(_clients(info), account))
    except (JourneyFailed, UnexpectedAnswer, urllib3.exceptions.HTTPError) as error:
        return Outcome(f"failed: {error}", failed=True)
    except (LookupError, TypeError, ValueError) as error:
        return Outcome(f"failed: an answer is not what it should be ({error!r})", failed=True)


def _clients(info: Mapping[str, Any]) -> Callable[[str], Client]:
    """The sandbox's clients by their names."""
    known = {client["name"]: client for client in info["clients"]}
    return lambda name: Client(info["gateway_url"], known[name]["client_id"], known[name]["client_secret"])


def _bill_journey(client: Callable[[str], Client], account: Account) -> str:
    account.title("Journey 1: an electricity bill is paid at a centre in Jaipur")
    kiosk = client(KIOSK)
    with account.step("sign in") as came_out:
        kiosk.sign_in().expect(200)
        came_out("POST /v1/oauth2/token")
    with account.step("find the biller") as came_out:
        billers = _get(kiosk, "/v1/billers?category=ELECTRICITY")["items"]
        biller = billers[0]
        came_out(f"{biller['name']} ({biller['biller_id']}), one of {len(billers)}")
    with account.step("fetch the bill") as came_out:
        bill = _fetch_bill(kiosk, biller["biller_id"], {"k_number": K_NUMBER})
        came_out(f"{_rupees(bill['total'])} due on {bill['due_on']} for K number {K_NUMBER}")
    payment = _pay(kiosk, bill, account)
    _follow(kiosk, payment["transaction_token"], "COMPLETED", account)
    return f"{kiosk.gateway_url}/v1/payments/{payment['payment_id']}"


def _certificate_journey(client: Callable[[str], Client], account: Account) -> str:
    account.title("Journey 2: a domicile certificate is applied for, paid, approved and issued")
    kiosk, officer = client(KIOSK), client(OFFICER)
    with account.step("apply") as came_out:
        application = _post(
            kiosk,
            "/v1/applications",
            {"application_type": "domicile", "district_code": JAIPUR, "applicant": _applicant()},
        )
        token = application["transaction_token"]
        came_out(f"{application['application_id']}, {application['state']}, fee {_rupees(application['fee'])}")
    path = f"/v1/applications/{application['application_id']}"
    with account.step("fetch the fee") as came_out:
        order = application["fee"]["pay_with"]
        # The demand reaches billing as an event, a moment after the application was made.
        fetched = _await(lambda: _post_when_there(kiosk, "/v1/bill-fetches", order), "the fee demand")
        bill = fetched["bills"][0]
        came_out(f"{_rupees(bill['total'])} through {order['biller_id']}")
    _pay(kiosk, bill, account)
    with account.step("payment.completed.v1 arrives") as came_out:
        _await_member(kiosk, path, "state", "IN_VERIFICATION")
        came_out("IN_VERIFICATION")
    with account.step("the officer signs in and approves") as came_out:
        _post(officer, f"{path}/decisions", {"decision": "approve", "remarks": "Documents seen and in order."})
        came_out(f"POST {path}/decisions")
    with account.step("the certificate is issued") as came_out:
        issued = _await_member(kiosk, path, "state", "ISSUED")
        certificate_path = f"/v1/certificates/{issued['certificate_id']}"
        document = _get(kiosk, certificate_path)
        came_out(str(issued["certificate_id"]))
    _verify(kiosk.gateway_url, document, account)
    _follow(kiosk, token, "ISSUED", account)
    return f"{kiosk.gateway_url}{certificate_path}"


_FOR_A_BILL = ("gateway", "identity", "billing")
_JOURNEYS: dict[str, tuple[Journey, tuple[str, ...]]] = {
    "payment": (_bill_journey, _FOR_A_BILL),
    "certificate": (_certificate_journey, (*_FOR_A_BILL, "certificates")),
}


def _pay(kiosk: Client, bill: dict[str, Any], account: Account) -> dict[str, Any]:
    with account.step("pay from the kiosk's wallet") as came_out:
        payment = _post(kiosk, "/v1/payments", {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET"})
        path = f"/v1/payments/{payment['payment_id']}"

        def finished() -> dict[str, Any] | None:
            current = _get(kiosk, path)
            return current if current["status"] in {"COMPLETED", "FAILED"} else None

        payment = _await(finished, "the payment's outcome")
        if payment["status"] != "COMPLETED":
            raise JourneyFailed(f"{path} did not complete: {payment.get('failure')}")
        came_out(f"{payment['status']}, token {payment['transaction_token']}")
    with account.step("read the receipt") as came_out:
        receipt = _get(kiosk, f"{path}/receipt")
        came_out(f"{receipt['receipt_number']}, {_rupees(payment['total'])}")
    return payment


def _verify(gateway_url: str, document: dict[str, Any], account: Account) -> None:
    anybody = Client(gateway_url)
    with account.step("anybody verifies it") as came_out:
        verdict = _post(anybody, "/v1/certificate-verifications", {"document": document["document"]})
        forged = _post(
            anybody, "/v1/certificate-verifications", {"document": _one_letter_changed(document["document"])}
        )
        if not verdict["valid"] or forged["valid"]:
            raise JourneyFailed(f"verification answered {verdict} for the document and {forged} for a changed one")
        came_out(f"valid; with one letter changed: not valid ({forged['reason']})")


def _follow(kiosk: Client, token: str, status: str, account: Account) -> None:
    """Read the transactions view, which hears of everything by events, until it knows."""
    path = f"/v1/transactions/{token}"
    with account.step("follow it by its token") as came_out:
        _await_member(kiosk, path, "status", status)
        came_out(f"GET {path}: {status}")


def _fetch_bill(kiosk: Client, biller_id: str, customer_params: dict[str, str]) -> dict[str, Any]:
    fetched = _post(kiosk, "/v1/bill-fetches", {"biller_id": biller_id, "customer_params": customer_params})
    bills: list[dict[str, Any]] = fetched["bills"]
    if not bills:
        raise JourneyFailed(f"POST /v1/bill-fetches: {biller_id} has no bill for {customer_params}")
    return bills[0]


def _await(look: Callable[[], dict[str, Any] | None], what: str) -> dict[str, Any]:
    deadline = time.monotonic() + OUTCOME_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if (document := look()) is not None:
            return document
        time.sleep(POLL_SECONDS)
    raise JourneyFailed(f"{what} did not come within {OUTCOME_TIMEOUT_SECONDS} s; see `make logs`")


def _await_member(kiosk: Client, path: str, member: str, value: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        document = _get(kiosk, path)
        return document if document[member] == value else None

    return _await(look, f"{value} at {path}")


def _get(client: Client, path: str) -> dict[str, Any]:
    return client.get(path).expect(200).json


def _post(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The outcome of a keyed POST: 201, or 202 while it goes on."""
    return client.post(path, body).expect(200, 201, 202).json


def _post_when_there(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """As `_post`; None while what the request refers to has not reached the service that owns it (404)."""
    answer = client.post(path, body).expect(200, 201, 202, 404)
    return None if answer.status == 404 else answer.json


def _rupees(money: dict[str, Any]) -> str:
    return f"₹{money['amount'] / 100:,.2f}"


def _one_letter_changed(document: Any) -> Any:
    if isinstance(document, str):
        return document[:-2] + ("A" if document[-2] != "A" else "B") + document[-1]
    changed = dict(document)
    name = next(key for key, value in changed.items() if isinstance(value, str) and value)
    changed[name] = changed[name][:-1] + ("a" if changed[name][-1] != "a" else "b")
    return changed


def _applicant() -> dict[str, Any]:
    return {
        "name": "Test Citizen One",
        "name_hi": "परीक्षण नागरिक एक",
        "father_name": "Test Father One",
        "date_of_birth": "1990-08-15",
        "address": "12, Sandbox Marg, Jaipur",
    }
