"""Whether a history fits what the books say once everything has settled: a pure function of the two."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from tests.nemesis.history import Event, Kind
from tests.support.invariants import PAYMENT_MOVES, RETURNED, Books, Row

ENDED = {"COMPLETED"} | RETURNED
# What the gateway's view calls them.
VIEW_ENDED = {"COMPLETED", "FAILED"}
NO_RECEIPT_YET = "no-receipt-yet"

Finding = tuple[str, set[str]]
"""What is wrong, and the keys, payments and wallets that it is about."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that does not hold."""

    rule: str
    sentence: str
    about: frozenset[str]

    def part_of(self, history: Sequence[Event]) -> list[Event]:
        """The calls that it is about."""
        calls = {event.call for event in history if _named(event) & self.about}
        return [event for event in history if event.call in calls]


@dataclass(frozen=True, slots=True)
class Call:
    """A call and its ending; one that never ended is indeterminate."""

    asked: Event
    answer: Event | None

    @property
    def kind(self) -> Kind:
        return self.answer.kind if self.answer else "indeterminate"


class Evidence:
    """The history by call and by Idempotency-Key, beside the books."""

    def __init__(self, history: Sequence[Event], books: Books) -> None:
        endings = {event.call: event for event in history if event.kind != "invoke"}
        begun = [Call(event, endings.get(event.call)) for event in history if event.kind == "invoke"]
        self.books = books
        self.calls = {call.asked.call: call for call in begun}
        self.attempts: dict[str, list[Call]] = defaultdict(list)
        """By key: the calls that were to pay under it."""
        self.made: dict[str, list[Row]] = defaultdict(list)
        """By key: the payments that those calls made, as billing's books have them."""
        self.topped_up: dict[str, list[Row]] = defaultdict(list)
        """By key: the top-ups that its calls made."""
        self.top_up_attempts: dict[str, list[Call]] = defaultdict(list)
        for call in begun:
            if call.asked.operation == "pay":
                self.attempts[call.asked.key].append(call)
            if call.asked.operation == "top-up":
                self.top_up_attempts[call.asked.key].append(call)
        for top_up in books.top_ups:
            if top_up["request_id"] in self.calls:
                self.topped_up[self.calls[top_up["request_id"]].asked.key].append(top_up)
        for payment in books.payments.values():
            if payment["request_id"] in self.calls:
                self.made[self.calls[payment["request_id"]].asked.key].append(payment)

    def answered(self, kind: Kind, *operations: str) -> list[tuple[Event, Event]]:
        """What was asked by those operations and answered so."""
        answered = [(call.asked, call.answer) for call in self.calls.values() if call.answer is not None]
        return [(asked, answer) for asked, answer in answered if answer.kind == kind and answer.operation in operations]

    def outcome(self, key: str) -> Kind:
        """What the user of the key knows in the end: one good answer settles it, or refusals if nothing else came."""
        kinds = {call.kind for call in self.attempts[key]}
        return "ok" if "ok" in kinds else "indeterminate" if "indeterminate" in kinds else "fail"


def violations(history: Sequence[Event], books: Books) -> list[Violation]:
    """Every rule that does not hold, once for each finding."""
    evidence = Evidence(history, books)
    return [
        Violation(rule.__name__.replace("_", " "), sentence, frozenset(about))
        for rule in RULES
        for sentence, about in rule(evidence)
    ]


def problem_of(text: str, books: Books) -> Violation:
    """What was found beside the rules, as broken invariants, about the payments, applications and wallets that the
    text names."""
    wallets = {wallet["_id"] for wallet in books.wallets}
    named = set(re.findall(r"[\w-]+", text)) & (books.payments.keys() | books.applications.keys() | wallets)
    made = {str(books.payments[payment_id]["request_id"]) for payment_id in named & books.payments.keys()}
    about = named | made
    return Violation("problem", text, frozenset(about))


# ---- the rules


def what_was_promised_is_kept(evidence: Evidence) -> Iterator[Finding]:
    """A payment that a client was told of exists, for its bill and amount, and ended as the client was told it had."""
    for asked, answer in evidence.answered("ok", "pay"):
        about = {asked.key, answer.payment}
        payment = evidence.books.payments.get(answer.payment)
        if payment is None:
            yield f"{answer.payment} was promised, and there is no such payment", about
            continue
        if (payment["bill_id"], _total(payment)) != (asked.bill, asked.paise):
            right = f"{asked.paise} paise for {asked.bill}"
            yield f"{answer.payment} is {_total(payment)} paise for {payment['bill_id']}, and was to be {right}", about
        if answer.state in ENDED and payment["state"] != answer.state:
            yield f"{answer.payment} was {answer.state}, and is {payment['state']}", about


def a_refusal_has_no_effect(evidence: Evidence) -> Iterator[Finding]:
    """Under a key that was only refused no money was taken; and a key is not both answered and refused."""
    for key, attempts in evidence.attempts.items():
        kinds = {call.kind for call in attempts}
        codes = sorted({call.answer.code for call in attempts if call.answer and call.kind == "fail"})
        if {"ok", "fail"} <= kinds:
            yield f"one request was answered, and as a repeat refused with {codes}", {key}
        if kinds == {"fail"}:
            for payment in evidence.made[key]:
                if payment["state"] not in RETURNED:
                    sentence = f"refused with {codes}, and {payment['_id']} is {payment['state']}"
                    yield sentence, {key, payment["_id"]}


def a_key_stands_for_one_payment(evidence: Evidence) -> Iterator[Finding]:
    """However often it was sent; and a payment was never the answer to two keys."""
    keys: dict[str, set[str]] = defaultdict(set)
    for key in evidence.attempts:
        answered = {call.answer.payment for call in evidence.attempts[key] if call.answer and call.kind == "ok"}
        ids = answered | {payment["_id"] for payment in evidence.made[key]}
        if len(ids) > 1:
            yield f"one key, and the payments {sorted(ids)}", {key, *ids}
        for payment_id in ids:
            keys[payment_id].add(key)
    for payment, several in keys.items():
        if len(several) > 1:
            yield f"{payment} answers {len(several)} keys", {payment, *several}


def a_bill_is_paid_at_most_once(evidence: Evidence) -> Iterator[Finding]:
    """Whatever the keys: what has not been given back is one payment."""
    paid: dict[str, set[str]] = defaultdict(set)
    for payment in evidence.books.payments.values():
        if payment["state"] not in RETURNED:
            paid[payment["bill_id"]].add(payment["_id"])
    for bill, ids in paid.items():
        if len(ids) > 1:
            yield f"{bill} is paid by {sorted(ids)}", ids


def an_application_is_kept_and_its_fee_paid_once(evidence: Evidence) -> Iterator[Finding]:
    """Whatever the bills that the fee was paid by; and once it is paid the application is no longer FEE_DUE."""
    applications = evidence.books.applications
    for asked, answer in evidence.answered("ok", "apply"):
        if answer.application not in applications:
            yield (
                f"{answer.application} was answered, and there is no such application",
                {asked.key, answer.application},
            )
    fees: dict[str, list[Row]] = defaultdict(list)
    for payment in evidence.books.payments.values():
        if payment["application_id"] and payment["state"] not in RETURNED:
            fees[payment["application_id"]].append(payment)
    for application, payments in fees.items():
        ids = {payment["_id"] for payment in payments}
        if len(ids) > 1:
            yield f"the fee of {application} is paid by {sorted(ids)}", {application, *ids}
        state = applications.get(application, {"state": "not there"})["state"]
        if state in {"FEE_DUE", "not there"} and any(payment["state"] == "COMPLETED" for payment in payments):
            yield f"{application} is {state}, and its fee is paid by {sorted(ids)}", {application, *ids}


def a_payment_happens_whole_or_not_at_all(evidence: Evidence) -> Iterator[Finding]:
    """Above all under a key that was left indeterminate: completed with the amount asked for, or given back."""
    for key, payments in evidence.made.items():
        paise = evidence.attempts[key][0].asked.paise
        for payment in payments:
            if payment["state"] not in ENDED:
                yield f"{payment['_id']} has stopped half-way, at {payment['state']}", {key, payment["_id"]}
            elif _total(payment) != paise:
                yield f"{payment['_id']} took {_total(payment)} paise of {paise}", {key, payment["_id"]}


def nobody_pays_unasked(evidence: Evidence) -> Iterator[Finding]:
    """Every payment was made by a call of the history."""
    for payment_id, payment in evidence.books.payments.items():
        if payment["request_id"] not in evidence.calls:
            yield f"{payment_id} was made by {payment['request_id']}, which no client sent", {payment_id}


def what_was_seen_stays(evidence: Evidence) -> Iterator[Finding]:
    """Of two looks at a payment one after the other, the second never shows an earlier state, or none.

    The gateway's view is told by events and may be late, so its looks are compared with each other only.
    """
    looks: dict[tuple[str, bool], list[tuple[Event, Event]]] = defaultdict(list)
    for asked, answer in evidence.answered("ok", "pay", "payment", "receipt", "view"):
        looks[answer.payment, answer.operation == "view"].append((asked, answer))
    for asked, answer in evidence.answered("fail", "payment", "receipt", "view"):
        if answer.code != NO_RECEIPT_YET:
            yield (
                f"{answer.payment} was promised, and asking for its {answer.operation} gave {answer.code}",
                {answer.payment},
            )
        looks[answer.payment, False].append((asked, answer))
    for (payment, in_view), seen in looks.items():
        for first, second in combinations(sorted(seen, key=lambda look: look[0].at), 2):
            (_, before), (began, after) = first, second
            if before.at < began.at and not (_view_may_follow if in_view else _may_follow)(before, after):
                shown = f"{before.state}, then {after.state or after.code}"
                yield f"{payment} was shown as {shown}", {payment}


def a_receipt_keeps_its_number(evidence: Evidence) -> Iterator[Finding]:
    """Wherever it is shown; and no two payments share one."""
    numbers: dict[str, set[str]] = defaultdict(set)
    for _, answer in evidence.answered("ok", "pay", "payment", "receipt"):
        if answer.receipt:
            numbers[answer.payment].add(answer.receipt)
    for payment_id, payment in evidence.books.payments.items():
        if payment["receipt"]:
            numbers[payment_id].add(payment["receipt"]["number"])
    owners: dict[str, set[str]] = defaultdict(set)
    for payment_id, shown in numbers.items():
        if len(shown) > 1:
            yield f"the receipt of {payment_id} was {sorted(shown)}", {payment_id}
        for number in shown:
            owners[number].add(payment_id)
    for number, ids in owners.items():
        if len(ids) > 1:
            yield f"{number} is the receipt of {sorted(ids)}", ids


def wallets_add_up(evidence: Evidence) -> Iterator[Finding]:
    """What a wallet has left is what it opened with and was topped up with, less the payments from it; at each look
    what is certainly taken is gone, what is certainly put in is there, and nothing that was not asked for. A wallet
    opened with what its first look found."""
    looks: dict[str, list[tuple[Event, Event]]] = defaultdict(list)
    for asked, answer in evidence.answered("ok", "wallet"):
        looks[answer.wallet].append((asked, answer))
    promised = {answer.payment: answer.at for _, answer in reversed(evidence.answered("ok", "pay"))}
    spent: dict[str, list[tuple[float, float, int, bool]]] = defaultdict(list)
    credited = {answer.top_up: answer.at for _, answer in reversed(evidence.answered("ok", "top-up"))
                if answer.state == "CREDITED"}  # fmt: skip
    got: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    for key, top_ups in evidence.topped_up.items():
        began = evidence.top_up_attempts[key][0].asked.at
        for row in top_ups:
            if row["state"] == "CREDITED":
                got[row["kiosk_id"]].append((began, credited.get(row["_id"], math.inf), row["paise"]))
    for key, payments in evidence.made.items():
        asked = evidence.attempts[key][0].asked
        for payment in payments:
            known = promised.get(payment["_id"], math.inf)
            spent[asked.wallet].append((asked.at, known, asked.paise, payment["state"] in RETURNED))
    now = {wallet["_id"]: int(wallet["available_paise"]) for wallet in evidence.books.wallets}
    for wallet, seen in looks.items():
        opening = seen[0][1].paise
        left = opening - sum(paise for _, _, paise, returned in spent[wallet] if not returned)
        left += sum(paise for _, _, paise in got[wallet])
        if now.get(wallet) != left:
            yield f"{wallet} has {now.get(wallet)} paise, and {left} are left of its {opening}", {wallet}
        for asked, answer in seen:
            least = opening - sum(paise for began, _, paise, _ in spent[wallet] if began < answer.at)
            taken = (paise for _, known, paise, returned in spent[wallet] if known < asked.at and not returned)
            most = opening - sum(taken) + sum(paise for began, _, paise in got[wallet] if began < answer.at)
            least += sum(paise for _, known, paise in got[wallet] if known < asked.at)
            if not least <= answer.paise <= most:
                yield f"{wallet} showed {answer.paise} paise at {answer.at} s, not {least} to {most}", {wallet}


def a_top_up_happens_once_and_as_it_was_told(evidence: Evidence) -> Iterator[Finding]:
    """A key is one top-up, of the amount asked for, at its end what the client was told; nobody tops up unasked."""
    known = {row["_id"]: row for row in evidence.books.top_ups}
    for key, calls in evidence.top_up_attempts.items():
        told = {call.answer.top_up for call in calls if call.answer and call.kind == "ok"}
        ids = told | {row["_id"] for row in evidence.topped_up[key]}
        if len(ids) > 1:
            yield f"one key, and the top-ups {sorted(ids)}", {key, *ids}
        for top_up_id in ids:
            row = known.get(top_up_id)
            if row is None:
                yield f"{top_up_id} was promised, and there is no such top-up", {key, top_up_id}
            elif row["paise"] != calls[0].asked.paise:
                yield f"{top_up_id} put in {row['paise']} paise of {calls[0].asked.paise}", {key, top_up_id}
            elif row["state"] not in {"CREDITED", "REFUSED"}:
                yield f"{top_up_id} has stopped half-way, at {row['state']}", {key, top_up_id}
    for asked, answer in evidence.answered("ok", "top-up"):
        row = known.get(answer.top_up)
        if row and answer.state in {"CREDITED", "REFUSED"} and row["state"] != answer.state:
            yield f"{answer.top_up} was {answer.state}, and is {row['state']}", {asked.key, answer.top_up}
    for row in evidence.books.top_ups:
        if row["request_id"] not in evidence.calls:
            yield f"{row['_id']} was made by {row['request_id']}, which no client sent", {row["_id"]}


RULES: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    what_was_promised_is_kept,
    a_refusal_has_no_effect,
    a_key_stands_for_one_payment,
    a_bill_is_paid_at_most_once,
    an_application_is_kept_and_its_fee_paid_once,
    a_payment_happens_whole_or_not_at_all,
    nobody_pays_unasked,
    what_was_seen_stays,
    a_receipt_keeps_its_number,
    wallets_add_up,
    a_top_up_happens_once_and_as_it_was_told,
)


# ---- reading


def outcomes(evidence: Evidence) -> Counter[str]:
    """Keys by what their users know of them and what became of them, as "indeterminate, COMPLETED" (or "nothing")."""
    return Counter(
        f"{evidence.outcome(key)}, {'/'.join(payment['state'] for payment in evidence.made[key]) or 'nothing'}"
        for key in evidence.attempts
    )


def _total(payment: Row) -> int:
    return int(payment["bill_paise"] + payment["service_charge_paise"])


def _named(event: Event) -> set[str]:
    return {
        event.call,
        event.key,
        event.payment,
        event.application,
        event.top_up,
        event.wallet if event.operation == "wallet" else "",
    }


def _may_follow(before: Event, after: Event) -> bool:
    """Whether the second look fits the first; a receipt that is not there says that the payment is not completed."""
    if before.code or after.code:
        return not (before.state == "COMPLETED" and after.code == NO_RECEIPT_YET)
    # What people have goes on from the state before, if an answer comes late.
    return before.state == "MANUAL" or after.state in _reachable(before.state)


def _view_may_follow(before: Event, after: Event) -> bool:
    return before.state not in VIEW_ENDED or after.state == before.state


def _reachable(state: str) -> set[str]:
    """The states that a payment may have been moved to from this one, itself included."""
    reachable, further = {state}, {state}
    while further := {after for state_before in further for after in PAYMENT_MOVES[state_before]} - reachable:
        reachable |= further
    return reachable
