"""Checks invariants I1 to I5 (messaging.md) over this database, on one snapshot of it, in memory that does not grow."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from pymongo.client_session import ClientSession

from billing.adapters.events import COMPLETED, FAILED_EVENT
from billing.adapters.mongo.documents import HOLDING_STATES, PAYMENTS
from billing.adapters.mongo.ledger import JOURNAL, WALLETS
from billing.application.books.check_books import Books, Finding
from billing.domain.ledger.entries import PSP_HELD, wallet_account, wallet_held_account
from billing.domain.payments.payment import State
from servicekit.events.outbox import COLLECTION as OUTBOX
from servicekit.events.outbox import SENT_ROWS_KEPT_SECONDS
from servicekit.mongo import Mongo

# Examples are for finding the fault, not for listing every one.
MOST_EXAMPLES = 20
# Sent events are forgotten after a while; a payment this close to it may have lost its event to time, not to a fault.
_EVENTS_SURELY_KEPT = timedelta(seconds=SENT_ROWS_KEPT_SECONDS) - timedelta(hours=1)

_HELD, _POSTED, _VOIDED = {"hold"}, {"hold", "post"}, {"hold", "void"}
# The entries a payment must have in each state: by wallet, and by card or UPI. MANUAL keeps what it had.
_BY_WALLET = {
    State.POST_REQUESTED: [_HELD],
    State.POST_UNKNOWN: [_HELD],
    State.MANUAL: [_HELD],
    State.VOIDED: [_VOIDED],
    State.COMPLETED: [_POSTED],
}
_BY_PROVIDER: dict[State, list[set[str]]] = {
    State.AUTH_REQUESTED: [set()],
    State.AUTH_UNKNOWN: [set()],
    State.AUTH_FAILED: [set()],
    State.POST_REQUESTED: [_HELD],
    State.POST_UNKNOWN: [_HELD],
    State.POST_FAILED: [_HELD],
    State.POSTED: [_POSTED],
    State.MANUAL: [set(), _HELD, _POSTED],
    State.VOIDED: [_VOIDED],
    State.COMPLETED: [_POSTED | {"capture"}],
}


class MongoBooks:
    """Reads everything once. Takes about a minute per million payments."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    def check(self, now: datetime) -> Books:
        """The trial balance and what is broken, as of one instant, even while payments go on."""
        with self._mongo.client.start_session(snapshot=True) as session:
            balances = self._fold(session)
            payments = self._look_at_payments(session, now)
            return Books(
                balances=balances,
                states=dict(sorted(payments.states.items())),
                findings=(
                    Finding("I1", "every entry and the whole ledger sum to zero", self._i1(session, balances)),
                    Finding("I2", "captured = posted + returned + held, for each payment", _few(payments.i2)),
                    Finding("I3", "one entry of a kind and one receipt per payment", self._i3(session, payments)),
                    Finding("I4", "completed ⇔ exactly one payment.completed", _few(payments.i4)),
                    Finding("I5", "wallets = fold of the journal", self._i5(session, balances, payments.held)),
                ),
            )

    def _fold(self, session: ClientSession) -> dict[str, int]:
        pipeline: list[dict[str, Any]] = [
            {"$unwind": "$legs"},
            {"$group": {"_id": "$legs.account", "paise": {"$sum": "$legs.paise"}}},
            {"$sort": {"_id": 1}},
        ]
        rows = self._mongo.db[JOURNAL].aggregate(pipeline, session=session, allowDiskUse=True)
        return {row["_id"]: int(row["paise"]) for row in rows}

    def _i1(self, session: ClientSession, balances: dict[str, int]) -> tuple[str, ...]:
        unbalanced = self._mongo.db[JOURNAL].find(
            {"$expr": {"$ne": [{"$sum": "$legs.paise"}, 0]}}, {"_id": 1}, session=session, limit=MOST_EXAMPLES
        )
        total = sum(balances.values())
        return (*(f"{row['_id']} does not sum to zero" for row in unbalanced), *([f"total {total}"] if total else []))

    def _i3(self, session: ClientSession, payments: "_Payments") -> tuple[str, ...]:
        pipeline: list[dict[str, Any]] = [
            {"$match": {"receipt.number": {"$type": "string"}}},
            {"$group": {"_id": "$receipt.number", "count": {"$sum": 1}}},
            {"$match": {"count": {"$gt": 1}}},
            {"$limit": MOST_EXAMPLES},
        ]
        twice = self._mongo.db[PAYMENTS].aggregate(pipeline, session=session, allowDiskUse=True)
        return _few([*payments.i3, *(f"receipt {row['_id']} on {row['count']} payments" for row in twice)])

    def _i5(self, session: ClientSession, balances: dict[str, int], held_by_payments: Counter[str]) -> tuple[str, ...]:
        wrong: list[str] = []
        for wallet in self._mongo.db[WALLETS].find({}, session=session):
            kiosk_id, available = wallet["_id"], int(wallet["available_paise"])
            folded = balances.get(wallet_account(kiosk_id), 0)
            if folded != available:
                wrong.append(f"{kiosk_id}: wallet {available}, journal {folded}")
            if available < -int(wallet["credit_limit_paise"]):
                wrong.append(f"{kiosk_id}: {available} is below the credit limit")
        held = {account for account in balances if account.startswith(wallet_held_account(""))}
        for account in held | {wallet_held_account(kiosk_id) for kiosk_id in held_by_payments}:
            kiosk_id = account.removeprefix(wallet_held_account(""))
            if balances.get(account, 0) != held_by_payments[kiosk_id]:
                wrong.append(f"{account}: {balances.get(account, 0)}, payments hold {held_by_payments[kiosk_id]}")
        return _few(wrong)

    def _look_at_payments(self, session: ClientSession, now: datetime) -> "_Payments":
        """Each payment with its entries and its events, by walking three collections in the order of its id."""
        entries = _Grouped(
            self._mongo.db[JOURNAL].find({"payment_id": {"$exists": True}}, session=session).sort("payment_id", 1),
            lambda entry: str(entry["payment_id"]),
        )
        events = _Grouped(
            self._mongo.db[OUTBOX]
            .find({"aggregate.type": "payment"}, {"aggregate": 1, "routing_key": 1}, session=session)
            .sort([("aggregate.type", 1), ("aggregate.id", 1)]),
            lambda row: str(row["aggregate"]["id"]),
        )
        payments = _Payments(now)
        for payment in self._mongo.db[PAYMENTS].find({}, session=session).sort("_id", 1):
            mine = Counter(str(row["routing_key"]) for row in events.of(payment["_id"]))
            payments.look_at(payment, entries.of(payment["_id"]), mine)
        payments.i2 += [f"{payment_id}: entries without a payment" for payment_id in entries.finish()]
        payments.i4 += [f"{payment_id}: events without a payment" for payment_id in events.finish()]
        return payments


class _Payments:
    """Collects what is wrong with payments, one after the other."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.states: Counter[str] = Counter()
        self.i2: list[str] = []
        self.i3: list[str] = []
        self.i4: list[str] = []
        self.held: Counter[str] = Counter()

    def look_at(self, payment: dict[str, Any], entries: list[dict[str, Any]], events: Counter[str]) -> None:
        payment_id, state = payment["_id"], State(payment["state"])
        self.states[state.value] += 1
        kinds = Counter(entry["kind"] for entry in entries)
        if twice := [kind for kind, count in kinds.items() if count > 1]:
            self.i3.append(f"{payment_id}: more than one {', '.join(twice)}")
        if (payment["receipt"] is not None) != (state is State.COMPLETED):
            self.i3.append(f"{payment_id}: {state} with{'out' if payment['receipt'] is None else ''} a receipt")
        expected = _BY_WALLET if payment["mode"] == "WALLET" else _BY_PROVIDER
        if set(kinds) not in expected.get(state, []):
            self.i2.append(f"{payment_id}: {state} with {sorted(kinds)}")
        self._look_at_held(payment, state, entries)
        self._look_at_events(payment, state, events)

    def _look_at_held(self, payment: dict[str, Any], state: State, entries: list[dict[str, Any]]) -> None:
        total = int(payment["bill_paise"]) + int(payment["service_charge_paise"])
        held_account = PSP_HELD
        if payment["mode"] == "WALLET":
            held_account = wallet_held_account(payment["kiosk_id"])
            self.held[payment["kiosk_id"]] += total if state.value in HOLDING_STATES else 0
        moved = {
            entry["kind"]: sum(int(leg["paise"]) for leg in entry["legs"] if leg["account"] == held_account)
            for entry in entries
        }
        captured, posted, returned = moved.get("hold", 0), -moved.get("post", 0), -moved.get("void", 0)
        held = sum(moved.values())
        if captured not in (0, total) or held not in (0, total) or captured != posted + returned + held:
            self.i2.append(
                f"{payment['_id']}: {state}, taken {captured}, posted {posted}, returned {returned}, held {held}"
            )

    def _look_at_events(self, payment: dict[str, Any], state: State, events: Counter[str]) -> None:
        ended_at: datetime = payment["history"][-1]["at"]
        if ended_at < self._now - _EVENTS_SURELY_KEPT:
            return
        expected = {State.COMPLETED: COMPLETED, State.VOIDED: FAILED_EVENT, State.AUTH_FAILED: FAILED_EVENT}.get(state)
        if events != Counter([expected] if expected else []):
            self.i4.append(f"{payment['_id']}: {state} with events {dict(events)}")


class _Grouped:
    """A cursor in the order of a key, read group by group beside another in the same order.

    `strays` are keys nobody asked for: rows of a payment that does not exist.
    """

    def __init__(self, rows: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], str]) -> None:
        self._groups = groupby(rows, key)
        self._next: tuple[str, list[dict[str, Any]]] | None = None
        self.strays: list[str] = []

    def of(self, wanted: str) -> list[dict[str, Any]]:
        """The rows of `wanted`; keys asked for must rise."""
        while self._next is None or self._next[0] < wanted:
            self._pass_over()
            group = next(self._groups, None)
            if group is None:
                return []
            self._next = (group[0], list(group[1]))
        if self._next[0] != wanted:
            return []
        found = self._next[1]
        self._next = (wanted, [])
        return found

    def finish(self) -> list[str]:
        """The strays, with those after the last key that was asked for."""
        self._pass_over()
        for key, _ in self._groups:
            self.strays.append(key)
            if len(self.strays) >= MOST_EXAMPLES:
                break
        return self.strays

    def _pass_over(self) -> None:
        if self._next and self._next[1]:
            self.strays.append(self._next[0])


def _few(breaks: list[str]) -> tuple[str, ...]:
    return tuple(breaks[:MOST_EXAMPLES])
