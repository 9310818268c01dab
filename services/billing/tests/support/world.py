"""Billing as clients see it: the real service over a real MongoDB and real simulators."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from tests.support.simulators import Simulator
from werkzeug.test import TestResponse

from billing.application.payments.sweep_payments import SweepPayments
from billing.application.refunds.sweep_refunds import SweepRefunds
from billing.application.top_ups.sweep_top_ups import SweepTopUps
from billing.application.wallets.fund_sandbox_wallet import FundSandboxWallet
from billing.bootstrap import Billing
from servicekit.http import Actor, Person
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import eventually, internal_headers

ALL_SCOPES = ("billers:read", "bills:fetch", "payments:write", "payments:read", "wallet:read")
CLIENT = "cli_0192f3a1c0de7a5ebc0f5d2c9a7b1e44"

# The simulator's dues follow from the consumer's number and repeat with this period: all of these owe ₹1,525.00.
_FIRST_CONSUMER, _DUES_REPEAT_AFTER = 200_000_037_535, 190_001
_consumers = count()
# Behind those that tests name. Not at random: of a hundred thousand two in a run were often the same.
_centres = count(1_000)


def another_consumer() -> str:
    """A K number that nobody has used yet, with ₹1,525.00 due: one bill is paid once, whoever fetches it."""
    return str(_FIRST_CONSUMER + next(_consumers) * _DUES_REPEAT_AFTER)


def inr(paise: int) -> dict[str, Any]:
    """An amount on the wire."""
    return {"amount": paise, "currency": "INR"}


def json_of(answer: TestResponse) -> Any:
    """The document of an answer."""
    return answer.json


def new_key() -> str:
    """An Idempotency-Key nobody has used."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Caller:
    """A client of the API, bound to a centre or not."""

    http: FlaskClient
    client_id: str = CLIENT
    kiosk_id: str | None = None
    scopes: Sequence[str] = ALL_SCOPES
    person: Person | None = None
    actor: Actor | None = None

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.http.get(path, headers=self.headers(None), **kwargs)

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> TestResponse:
        return self.http.post(path, json=body, headers={**self.headers(key or new_key()), **headers})

    def fetch(self, number: str = "100000000001", biller_id: str = "JVVNL", name: str = "k_number") -> TestResponse:
        return self.post("/v1/bill-fetches", {"biller_id": biller_id, "customer_params": {name: number}})

    def bill(self, number: str = "100000000001", **kwargs: str) -> dict[str, Any]:
        """The first bill of a customer."""
        answer = self.fetch(number, **kwargs)
        assert answer.status_code == 201, answer.json
        bill: dict[str, Any] = json_of(answer)["bills"][0]
        return bill

    def pay(self, bill: dict[str, Any], key: str | None = None, timeout_ms: int = 30_000, **body: Any) -> TestResponse:
        """Pay a bill, by the wallet unless `body` says otherwise."""
        wanted = {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET", **body}
        return self.post("/v1/payments", wanted, key, **{"Emitra-Timeout-Ms": str(timeout_ms)})

    def refund(self, payment_id: str, paise: int, refundable: int, key: str | None = None, **body: Any) -> TestResponse:
        """Ask for a refund, as a cancellation unless `body` says otherwise."""
        wanted = {"amount": inr(paise), "refundable": inr(refundable), "reason": "cancelled", **body}
        return self.post(f"/v1/payments/{payment_id}/refunds", wanted, key, **{"Emitra-Timeout-Ms": "30000"})

    def refunds(self, payment_id: str) -> dict[str, Any]:
        answer = self.get(f"/v1/payments/{payment_id}/refunds")
        assert answer.status_code == 200, answer.json
        found: dict[str, Any] = json_of(answer)
        return found

    def payment(self, payment_id: str) -> dict[str, Any]:
        answer = self.get(f"/v1/payments/{payment_id}")
        assert answer.status_code == 200, answer.json
        found: dict[str, Any] = json_of(answer)
        return found

    def wallet(self) -> dict[str, Any]:
        answer = self.get("/v1/wallet")
        assert answer.status_code == 200, answer.json
        found: dict[str, Any] = json_of(answer)
        return found

    def top_up(self, paise: int, key: str | None = None, kiosk_id: str | None = None, **body: Any) -> TestResponse:
        """Top the centre's wallet up, by UPI unless `body` says otherwise."""
        wanted = {"amount": inr(paise), "mode": "UPI", "payment_instrument": "tok_sandbox_ok", **body}
        path = f"/v1/wallets/{kiosk_id or self.kiosk_id}/top-ups"
        return self.post(path, wanted, key, **{"Emitra-Timeout-Ms": "30000"})

    def headers(self, key: str | None) -> dict[str, str]:
        headers = internal_headers(
            "billing",
            client_id=self.client_id,
            kiosk_id=self.kiosk_id,
            scopes=tuple(self.scopes),
            person=self.person,
            actor=self.actor,
        )
        return headers if key is None else {**headers, "Idempotency-Key": key}


@dataclass(frozen=True)
class World:
    """The service and everything around it."""

    billing: Billing
    mongo: Mongo
    http: FlaskClient
    biller: Simulator
    psp: Simulator

    def centre(self, paise: int = 10_000_000) -> Caller:
        """A client of a centre nobody else uses, with that much in its wallet."""
        kiosk_id = f"ksk_RJ102{next(_centres):05d}"
        if paise == 0:
            self.mongo.transact(lambda session: self.billing.wallets.open_if_absent(session, kiosk_id))
        else:
            assert self.billing.fund_sandbox_wallet(FundSandboxWallet(kiosk_id, paise, utc_now()))
        return Caller(self.http, kiosk_id=kiosk_id)

    def portal(self, client_id: str = "cli_0192f3a1c0de7b11a9d05d2c9a7b1e45") -> Caller:
        """A portal client."""
        return Caller(self.http, client_id=client_id)

    def stored(self, payment_id: str) -> dict[str, Any]:
        """A payment's document."""
        found = self.mongo.db.payments.find_one({"_id": payment_id})
        assert found is not None
        return found

    def sweep_until(self, payment_id: str, *states: str) -> dict[str, Any]:
        """Run the sweeper, as the worker does every second, until the payment is in one of `states`."""

        def swept() -> dict[str, Any] | None:
            self.billing.sweep_payments(SweepPayments())
            payment = self.stored(payment_id)
            return payment if payment["state"] in states else None

        found = eventually(swept, timeout_seconds=15)
        assert found is not None
        return found

    def sweep_refund_until(self, refund_id: str, *states: str) -> dict[str, Any]:
        """Run the sweeper of refunds, as the worker does every second, until the refund is in one of `states`."""

        def swept() -> dict[str, Any] | None:
            self.billing.sweep_refunds(SweepRefunds())
            refund = self.mongo.db.refunds.find_one({"_id": refund_id})
            return refund if refund and refund["state"] in states else None

        found = eventually(swept, timeout_seconds=15)
        assert found is not None
        return found

    def make_refund_due(self, refund_id: str, **changes: Any) -> None:
        """Let the time pass after which the sweeper takes an interrupted refund over."""
        self.mongo.db.refunds.update_one({"_id": refund_id}, {"$set": {"resume_at": utc_now(), **changes}})

    def sweep_top_up_until(self, top_up_id: str, *states: str) -> dict[str, Any]:
        """Run the sweeper of top-ups, as the worker does every second, until the top-up is in one of `states`."""

        def swept() -> dict[str, Any] | None:
            self.billing.sweep_top_ups(SweepTopUps())
            top_up = self.mongo.db.top_ups.find_one({"_id": top_up_id})
            return top_up if top_up and top_up["state"] in states else None

        found = eventually(swept, timeout_seconds=15)
        assert found is not None
        return found

    def make_top_up_due(self, top_up_id: str, **changes: Any) -> None:
        """Let the time pass after which the sweeper takes an interrupted top-up over."""
        self.mongo.db.top_ups.update_one({"_id": top_up_id}, {"$set": {"resume_at": utc_now(), **changes}})

    def stored_bill(self, bill_id: str) -> dict[str, Any]:
        """The document of the fetch a bill belongs to."""
        found = self.mongo.db.bill_fetches.find_one({"bills.bill_id": bill_id})
        assert found is not None
        return found

    def make_due(self, payment_id: str) -> None:
        """Let the time pass after which the sweeper takes an interrupted payment over."""
        self.mongo.db.payments.update_one(
            {"_id": payment_id}, {"$set": {"next_action_at": utc_now(), "resume_at": utc_now()}}
        )

    def open_transactions(self, app_name: str) -> list[dict[str, Any]]:
        """MongoDB's sessions of one process (its `appName`) that have a transaction open, at work or idle."""
        operations: list[dict[str, Any]] = [
            {"$currentOp": {"allUsers": True, "idleSessions": True}},
            {"$match": {"appName": app_name, "transaction": {"$exists": True}}},
        ]
        return list(self.mongo.client.admin.aggregate(operations))

    def end_transactions(self, app_name: str) -> int:
        """What MongoDB does by itself when transactionLifetimeLimitSeconds (60 s) are over; how many were open."""
        left_open = [{"id": session["lsid"]["id"]} for session in self.open_transactions(app_name)]
        if left_open:
            self.mongo.client.admin.command({"killSessions": left_open})
        return len(left_open)

    def events_of(self, payment_id: str) -> list[str]:
        """The events the outbox has for one payment."""
        rows = self.mongo.db.outbox.find({"aggregate.id": payment_id}).sort("_id", 1)
        return [row["routing_key"] for row in rows]

    def event_of(self, payment_id: str) -> dict[str, Any]:
        """The data of a payment's one event."""
        rows = list(self.mongo.db.outbox.find({"aggregate.id": payment_id}))
        assert len(rows) == 1
        data: dict[str, Any] = json.loads(rows[0]["body"])["data"]
        return data

    def kinds_of(self, payment_id: str) -> list[str]:
        """The kinds of journal entries of one payment, in the order of writing."""
        return sorted(entry["kind"] for entry in self.mongo.db.journal.find({"payment_id": payment_id}))
